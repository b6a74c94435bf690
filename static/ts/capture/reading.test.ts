import { describe, expect, it } from "vitest";
import { readingSeconds } from "./reading";

describe("the time to read a text", () => {
  it("grows with the words", () => {
    expect(readingSeconds("Look at the dot, then smile")).toBe(4.4);
    expect(readingSeconds("Look at the dot. Do not talk, it’s quiet.")).toBe(5.6);
  });

  it("counts Chinese characters, not the words that spaces part", () => {
    expect(readingSeconds("请看着圆点，不要说")).toBeCloseTo(2 + 8 / 4);
  });

  it("leaves time to look up even without a text", () => {
    expect(readingSeconds("… 12 —")).toBe(2.4);
    expect(readingSeconds("")).toBe(2);
  });
});
