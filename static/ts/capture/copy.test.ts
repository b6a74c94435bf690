import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LocalCopy } from "./copy";
import type { TakeStore } from "./store";

const FACTS = { cues: [], capture: {}, partial: false };

describe("a take's copy on this device", () => {
  const written: string[] = [];
  const store = {
    addChunk: vi.fn(async (_take: string, index: number) => {
      await new Promise((resolve) => setTimeout(resolve, index === 0 ? 500 : 1));
      written.push(`chunk ${index}`);
    }),
    complete: vi.fn(async () => void written.push("complete")),
    forget: vi.fn(async () => void written.push("forgotten")),
  };
  let copy: LocalCopy;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    written.length = 0;
    copy = new LocalCopy(store as unknown as TakeStore, "1d");
  });
  afterEach(() => vi.useRealTimers());

  it("is written in order, however long one second takes", async () => {
    for (let second = 0; second < 3; second += 1) copy.add(new Blob(["film"]));
    copy.complete(FACTS);
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toEqual(["chunk 0", "chunk 1", "chunk 2", "complete"]);
    expect(await copy.isSafe()).toBe(true);
  });

  it("is given up at the first failure, but can still be forgotten", async () => {
    store.addChunk.mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
    copy.add(new Blob(["film"]));
    copy.add(new Blob(["film"]));
    copy.complete(FACTS);
    copy.forget();
    await vi.advanceTimersByTimeAsync(1000);
    expect(copy.fault).toBe("QuotaExceededError");
    expect(written).toEqual(["forgotten"]);
  });

  it("seems safe once it is written, and not when a write hangs or has failed", async () => {
    expect(copy.seemsSafe).toBe(true);
    copy.add(new Blob(["film"]));
    expect(copy.seemsSafe).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(copy.seemsSafe).toBe(true);
    store.addChunk.mockReturnValueOnce(new Promise(() => undefined));
    copy.add(new Blob(["film"]));
    expect(copy.seemsSafe).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(copy.seemsSafe).toBe(false);
  });

  it("does not seem safe when the device is full", async () => {
    store.addChunk.mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
    copy.add(new Blob(["film"]));
    await vi.advanceTimersByTimeAsync(10);
    expect(copy.seemsSafe).toBe(false);
  });

  it("is not safe in a browser that never answers", async () => {
    store.complete.mockReturnValueOnce(new Promise(() => undefined));
    copy.complete(FACTS);
    const safe = copy.isSafe();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await safe).toBe(false);
  });
});
