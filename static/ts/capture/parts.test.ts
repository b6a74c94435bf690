import { expect, it } from "vitest";
import { PartSize } from "./parts";

const KIB = 1024;

function parts(serverTakes: number) {
  const upload: { options: { chunkSize?: number } } = { options: {} };
  return { upload, size: new PartSize(upload, serverTakes) };
}

it("begins with what the usual proxy lets through, or with less where the server takes less", () => {
  expect(parts(2048 * KIB).upload.options.chunkSize).toBe(1024 * KIB);
  expect(parts(512 * KIB).upload.options.chunkSize).toBe(512 * KIB);
});

it("makes parts smaller while they are lost and larger again when they arrive", () => {
  const { upload, size } = parts(2048 * KIB);
  for (let i = 0; i < 9; i++) size.lost();
  expect(upload.options.chunkSize).toBe(64 * KIB);
  for (let i = 0; i < 9; i++) size.arrived();
  expect(upload.options.chunkSize).toBe(1024 * KIB);
});

it("never goes back to a size that was too large", () => {
  const { upload, size } = parts(2048 * KIB);
  expect(size.tooLarge()).toBe(true);
  size.arrived();
  expect(upload.options.chunkSize).toBe(512 * KIB);
});

it("tells when no part is small enough", () => {
  const { size } = parts(128 * KIB);
  expect([size.tooLarge(), size.tooLarge()]).toEqual([true, false]);
});
