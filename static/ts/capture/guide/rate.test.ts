import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FrameRate } from "./rate";

describe("the camera's rate now", () => {
  let present: (count: number) => void;
  let rate: FrameRate;

  beforeEach(() => {
    vi.useFakeTimers();
    let told: VideoFrameRequestCallback = () => undefined;
    let frames = 0;
    const video = {
      requestVideoFrameCallback: (callback: VideoFrameRequestCallback) => ((told = callback), 1),
      cancelVideoFrameCallback: () => undefined,
    };
    present = (count) => {
      for (let n = 0; n < count; n += 1) {
        vi.advanceTimersByTime(1000 / 30);
        frames += 1;
        told(0, { mediaTime: frames / 30, presentedFrames: frames } as VideoFrameCallbackMetadata);
        rate.now();
      }
    };
    rate = new FrameRate(video as unknown as HTMLVideoElement);
  });
  afterEach(() => vi.useRealTimers());

  it("is that of the last full second", () => {
    present(10);
    expect(rate.now()).toBeNull();
    present(30);
    expect(rate.now()).toBeCloseTo(30);
  });

  it("is none when no picture has come for a second, until they come again", () => {
    present(40);
    vi.advanceTimersByTime(900);
    expect(rate.now()).toBeCloseTo(30);
    vi.advanceTimersByTime(200);
    expect(rate.now()).toBe(0);
    present(40);
    expect(rate.now()).toBeGreaterThan(0);
  });

  it("is none when a picture never came", () => {
    vi.advanceTimersByTime(1000);
    expect(rate.now()).toBe(0);
  });

  it("is unknown where browsers do not tell of pictures", () => {
    rate = new FrameRate({} as HTMLVideoElement);
    vi.advanceTimersByTime(5000);
    expect(rate.now()).toBeNull();
  });
});
