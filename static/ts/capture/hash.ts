/** SHA-256 of a film, in lower-case hex. */
export async function sha256(film: Blob): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", await film.arrayBuffer()));
}

/** 128 random bits in hex; `crypto.randomUUID` is newer than the browsers that we serve. */
export function randomId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)).buffer);
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
