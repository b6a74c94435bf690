import { expect, it } from "vitest";
import { digestOf } from "./digest";

it("gives the published digest of “abc”, read in two pieces", async () => {
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("a"));
      controller.enqueue(new TextEncoder().encode("bc"));
      controller.close();
    },
  });
  const read: number[] = [];
  const digest = await digestOf({ stream: () => stream } as Blob, (bytes) => read.push(bytes));
  expect(digest).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(read).toEqual([1, 3]);
});
