/** SHA-256 of a film, in lower-case hex. */
export async function sha256(film: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await film.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
