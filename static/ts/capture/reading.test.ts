import { describe, expect, it } from "vitest";
import { readingSeconds } from "./reading";

describe("the time to read a text", () => {
  it("grows with the words", () => {
    expect(readingSeconds("Look at the dot, then smile")).toBeCloseTo(2 + 6 / 1.7);
    expect(readingSeconds("Look at the dot. Do not talk, it’s quiet.")).toBeCloseTo(2 + 9 / 1.7);
  });

  it("counts Chinese characters, not the words that spaces part", () => {
    expect(readingSeconds("请看着圆点，不要说")).toBeCloseTo(2 + 8 / 2.7);
  });

  it("leaves time to look up even without a text", () => {
    expect(readingSeconds("… 12 —")).toBeCloseTo(2 + 1 / 1.7);
    expect(readingSeconds("")).toBe(2);
  });
});
