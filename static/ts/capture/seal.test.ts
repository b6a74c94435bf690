// @vitest-environment node
import { expect, it } from "vitest";
import { makeKey, seal, unseal } from "./seal";

const BYTES = new TextEncoder().encode("a face that smiles");

it("opens what it sealed, at its place only", async () => {
  const key = await makeKey();
  const sealed = await seal(key, BYTES, "take/0");
  expect(new Uint8Array(await unseal(key, sealed, "take/0"))).toEqual(BYTES);
  await expect(unseal(key, sealed, "take/1")).rejects.toThrow();
  await expect(unseal(await makeKey(), sealed, "take/0")).rejects.toThrow();
});

it("seals the same bytes differently each time, so that nothing can be compared", async () => {
  const key = await makeKey();
  const [one, two] = [await seal(key, BYTES, "take/0"), await seal(key, BYTES, "take/0")];
  expect(new Uint8Array(one.bytes)).not.toEqual(new Uint8Array(two.bytes));
});
