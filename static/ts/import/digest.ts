// SHA-256 of a file of any size, read piece by piece: a long film does not fit into memory.
import { sha256 } from "@noble/hashes/sha2.js";

/** In lower-case hex; `read` hears how many bytes have been read so far. */
export async function digestOf(file: Blob, read: (bytes: number) => void): Promise<string> {
  const hash = sha256.create();
  const reader = file.stream().getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    hash.update(value);
    bytes += value.length;
    read(bytes);
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
