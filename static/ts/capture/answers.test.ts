import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, laterWords, meaning, wordsIn } from "./answers";

describe("what the server says", () => {
  it.each([
    ["The film is too large.", "The film is too large."],
    ['{"error": "It is empty."}', "It is empty."],
    ["<h1>Bad gateway</h1>", null],
    ["{}", null],
    ["{broken", null],
    ["", null],
    ["Forbidden", null],
    [`${"x".repeat(300)}.`, null],
  ])("is told only in its own plain words: %s", (body, words) => {
    expect(wordsIn(body)).toBe(words);
  });

  it.each([
    [403, '{"error": "Your link has ended."}', "ended"],
    [404, "Your link has ended.", "ended"],
    [406, "This one is not needed.", "needless"],
    [422, '{"error": "The film is empty."}', "refused"],
    [413, "The film is too large.", "refused"],
    [429, "This session holds as many films as it can.", "refused"],
    [503, "The clinic's computer is busy.", "later"],
  ] as const)("ends a film only in its own words (%i %s)", (status, body, means) => {
    expect(meaning(status, body)).toBe(means);
  });

  it.each([403, 404, 406, 407, 413, 429, 502])("is not what a proxy says (%i)", (status) => {
    expect(meaning(status, "<h1>Not accepted</h1>")).toBe("later");
    expect(meaning(status, "")).toBe("later");
  });

  it.each([408, 425])("is not heard where the request came too slowly or early (%i)", (status) => {
    expect(meaning(status, "Try that again.")).toBe("later");
  });

  it("is why a film must wait, as far as it is told", () => {
    expect(laterWords(507, "The disk is full.")).toBe("The disk is full.");
    expect(laterWords(502, "<h1>Bad gateway</h1>")).toContain("is busy");
    expect(laterWords(403, "<h1>Forbidden</h1>")).toContain("on the way to your clinic");
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
