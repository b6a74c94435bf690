import { describe, expect, it } from "vitest";
import { chooseMime, isWebKit } from "./mime";

const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1";
const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

describe("choosing the kind of film", () => {
  it("takes mp4 on Safari although it claims webm", () => {
    expect(chooseMime(() => true, SAFARI)).toMatch(/^video\/mp4/);
  });

  it("takes webm with vp8 elsewhere", () => {
    expect(chooseMime(() => true, CHROME)).toBe("video/webm;codecs=vp8");
    expect(chooseMime(() => true, FIREFOX)).toBe("video/webm;codecs=vp8");
  });

  it("takes what there is", () => {
    expect(chooseMime((type) => type === "video/mp4", CHROME)).toBe("video/mp4");
    expect(chooseMime(() => false, CHROME)).toBeNull();
  });

  it("knows WebKit from Blink and Gecko", () => {
    expect([SAFARI, CHROME, FIREFOX].map(isWebKit)).toEqual([true, false, false]);
  });
});
