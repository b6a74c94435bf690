import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cameraEdge, deviceFacts, isLive, openCamera, watchCamera, watchFrames, watchUnplugged } from "./camera";
import { CameraLost, CameraRefused, InsecurePage, NoRecorder } from "./errors";
import { FakeRecorder, FakeTrack, countFrames, fakeStream } from "./fixtures";

function browserWith(getUserMedia: unknown) {
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("MediaRecorder", FakeRecorder);
  vi.stubGlobal("navigator", { mediaDevices: getUserMedia && { getUserMedia } });
}

describe("opening the camera", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("asks for video only", async () => {
    const getUserMedia = vi.fn().mockResolvedValue(fakeStream());
    browserWith(getUserMedia);
    await openCamera();
    expect(getUserMedia.mock.calls[0]![0]).toMatchObject({ audio: false });
  });

  it("names a refusal", async () => {
    browserWith(vi.fn().mockRejectedValue(new DOMException("", "NotAllowedError")));
    await expect(openCamera()).rejects.toBeInstanceOf(CameraRefused);
  });

  it("says that http pages have no camera", async () => {
    browserWith(vi.fn());
    vi.stubGlobal("isSecureContext", false);
    await expect(openCamera()).rejects.toBeInstanceOf(InsecurePage);
  });

  it("says that an old browser cannot film", async () => {
    browserWith(undefined);
    await expect(openCamera()).rejects.toBeInstanceOf(NoRecorder);
  });
});

describe("watching the camera", () => {
  let track: FakeTrack;
  let lost: CameraLost[];
  let over: AbortController;

  beforeEach(() => {
    vi.useFakeTimers();
    track = new FakeTrack();
    lost = [];
    over = new AbortController();
    watchCamera(fakeStream(track), (error) => lost.push(error), over.signal);
  });
  afterEach(() => vi.useRealTimers());

  it("notices an unplugged camera", () => {
    track.dispatchEvent(new Event("ended"));
    expect(lost[0]).toBeInstanceOf(CameraLost);
  });

  it("ignores a mute in the first two seconds, heeds one later", () => {
    track.dispatchEvent(new Event("mute"));
    expect(lost).toHaveLength(0);
    vi.advanceTimersByTime(2500);
    track.dispatchEvent(new Event("mute"));
    expect(lost).toHaveLength(1);
  });

  it("notices a camera that has been silent since before the film", () => {
    track.muted = true;
    vi.advanceTimersByTime(1500);
    expect(lost).toHaveLength(0);
    vi.advanceTimersByTime(1000);
    expect(lost).toHaveLength(1);
  });

  it("lets a silent camera be between films, not an unplugged one", () => {
    const unplugged = vi.fn();
    watchUnplugged(fakeStream(track), unplugged, over.signal);
    vi.advanceTimersByTime(60_000);
    track.dispatchEvent(new Event("mute"));
    expect(unplugged).not.toHaveBeenCalled();
    track.dispatchEvent(new Event("ended"));
    expect(unplugged).toHaveBeenCalled();
  });

  it("stops watching when the take is over", () => {
    over.abort();
    track.dispatchEvent(new Event("ended"));
    expect(lost).toHaveLength(0);
  });

  it("knows a camera that has ended from a live one", () => {
    const stream = fakeStream(track);
    expect(isLive(stream)).toBe(true);
    track.stop();
    expect(isLive(stream)).toBe(false);
    expect(isLive(null)).toBe(false);
  });
});

describe("a camera that freezes", () => {
  let lost: ReturnType<typeof vi.fn>;
  let frames: { show: () => void };
  let video: HTMLVideoElement;
  let over: AbortController;
  const seconds = (count: number, picturesPerSecond: number) => {
    for (let tenth = 0; tenth < count * 10; tenth += 1) {
      vi.advanceTimersByTime(100);
      if (picturesPerSecond > 0) frames.show();
    }
  };

  beforeEach(() => {
    vi.useFakeTimers();
    lost = vi.fn();
    over = new AbortController();
    video = document.createElement("video");
    video.play = vi.fn(() => Promise.resolve());
    frames = countFrames(video);
    watchFrames(video, lost, over.signal);
  });
  afterEach(() => {
    over.abort();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("is lost after three seconds without a picture", () => {
    seconds(5, 10);
    seconds(2.5, 0);
    expect(lost).not.toHaveBeenCalled();
    seconds(1, 0);
    expect(lost.mock.calls[0]![0]).toBeInstanceOf(CameraLost);
  });

  it("is not made out of a browser that never tells of pictures here", () => {
    seconds(20, 0);
    expect(lost).not.toHaveBeenCalled();
  });

  it("is not made out of a page that stood still", () => {
    seconds(1, 10);
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 8000);
    seconds(1, 0);
    expect(lost).not.toHaveBeenCalled();
  });

  it("is started again when the page was hidden, and then has three seconds", () => {
    seconds(1, 10);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    seconds(20, 0);
    expect(lost).not.toHaveBeenCalled();
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(video.play).toHaveBeenCalledTimes(1);
    seconds(4, 0);
    expect(lost).toHaveBeenCalled();
  });
});

describe("how the device stands", () => {
  afterEach(() => vi.unstubAllGlobals());
  const turned = (angle: number, width = 390, height = 844) =>
    vi.stubGlobal("screen", { width, height, orientation: { angle, type: "landscape-primary" } });

  it("tells where a phone's camera is", () => {
    turned(0);
    expect(cameraEdge()).toBe("top");
    turned(90);
    expect(cameraEdge()).toBe("left");
    turned(270);
    expect(cameraEdge()).toBe("right");
  });

  it("does not guess where that of a larger device is", () => {
    turned(90, 1180, 820);
    expect(cameraEdge()).toBe("top");
  });

  it("is among the facts of a film", () => {
    turned(90);
    expect(deviceFacts(null)).toMatchObject({ camera: "", orientation: "landscape-primary, 90" });
    vi.stubGlobal("screen", { width: 390, height: 844 });
    expect(deviceFacts(null).orientation).toBe("");
    expect(cameraEdge()).toBe("top");
  });
});
