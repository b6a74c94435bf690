import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, busyWords, wordsIn } from "./answers";

describe("what the server says", () => {
  it.each([
    ["The film is too large.", "The film is too large."],
    ['{"error": "It is empty."}', "It is empty."],
    ["<h1>Bad gateway</h1>", null],
    ["{}", null],
    ["{broken", null],
    ["", null],
    ["x".repeat(300), null],
  ])("is told only in its own plain words: %s", (body, words) => {
    expect(wordsIn(body)).toBe(words);
  });

  it("is that it is busy when it says nothing of its own", () => {
    expect(busyWords("<h1>Bad gateway</h1>")).toContain("is busy");
    expect(busyWords("The disk is full.")).toBe("The disk is full.");
  });
});

describe("asking the server", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("gives status and body", async () => {
    vi.stubGlobal("fetch", async () => ({ status: 201, text: async () => "made" }));
    expect(await ask("/submit/", {}, 1000)).toEqual({ status: 201, body: "made" });
  });

  it("gives nothing when the answer never comes", async () => {
    vi.useFakeTimers();
    vi.stubGlobal(
      "fetch",
      (_address: string, { signal }: RequestInit) =>
        new Promise((_, reject) => signal!.addEventListener("abort", reject)),
    );
    const answer = ask("/submit/", {}, 1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await answer).toBeNull();
  });
});
