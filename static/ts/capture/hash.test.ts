// @vitest-environment node
import { expect, it } from "vitest";
import { sha256 } from "./hash";

it("gives the published digest of “abc”", async () => {
  expect(await sha256(new Blob(["abc"]))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

it("reads a film of several pieces as one", async () => {
  const bytes = new Uint8Array(2_500_000).map((_, at) => at % 251);
  expect(await sha256(new Blob([bytes]))).toBe(
    "bd597bc684f3effbd30ef55f519679760ca77831d212eddc15fb862e7ffb8c8f",
  );
});
