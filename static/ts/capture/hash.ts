import { sha256 as hashing } from "@noble/hashes/sha2.js";

// A film by a device's own camera may not fit into memory; a piece is short work for a slow device.
const PIECE = 1024 * 1024;

/** SHA-256 of a film of any size, in lower-case hex. Rejects where the film cannot be read. */
export async function sha256(film: Blob): Promise<string> {
  const hash = hashing.create();
  for (let at = 0; at < film.size; at += PIECE) {
    hash.update(new Uint8Array(await film.slice(at, at + PIECE).arrayBuffer()));
  }
  return hex(hash.digest());
}

/** 128 random bits in hex; `crypto.randomUUID` is newer than the browsers that we serve. */
export function randomId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
