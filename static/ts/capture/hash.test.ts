import { expect, it } from "vitest";
import { sha256 } from "./hash";

it("gives the published digest of “abc”", async () => {
  const film = { arrayBuffer: async () => new TextEncoder().encode("abc").buffer } as Blob;
  expect(await sha256(film)).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
