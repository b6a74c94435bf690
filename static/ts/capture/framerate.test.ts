import { describe, expect, it } from "vitest";
import { FrameMeter } from "./framerate";

/** A video element whose frames the test presents: [seconds of the stream, frames so far]. */
class FakeVideo {
  private callback: VideoFrameRequestCallback = () => undefined;
  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
    this.callback = callback;
    return 1;
  }
  cancelVideoFrameCallback(): void {}
  present(frames: ReadonlyArray<readonly [number, number]>): void {
    for (const [mediaTime, presentedFrames] of frames) {
      this.callback(0, { mediaTime, presentedFrames } as VideoFrameCallbackMetadata);
    }
  }
}

function measure(frames: ReadonlyArray<readonly [number, number]>) {
  const video = new FakeVideo();
  const meter = new FrameMeter(video as unknown as HTMLVideoElement).start();
  video.present(frames);
  return meter.stop();
}

describe("the measured frame rate", () => {
  it("comes from the frames' own times", () => {
    const frames = Array.from({ length: 31 }, (_, i) => [i / 30, i + 1] as const);
    expect(measure(frames)).toMatchObject({ frames: 30, seconds: 1, fps: 30 });
  });

  it("counts frames that a busy page did not hear of", () => {
    expect(measure([[0, 1], [0.1, 4]])).toMatchObject({ fps: 30, intervals: { "35": 3 } });
  });

  it("shows a camera that halves its rate in the dark", () => {
    const { intervals } = measure([[0, 1], [0.033, 2], [0.1, 3], [0.167, 4]]);
    expect(intervals).toEqual({ "35": 1, "65": 2 });
  });

  it("is unknown in a browser that does not tell of frames", () => {
    const meter = new FrameMeter(document.createElement("video")).start();
    expect(meter.stop().fps).toBeNull();
  });
});
