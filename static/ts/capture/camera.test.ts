import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isLive, openCamera, watchCamera, watchUnplugged } from "./camera";
import { CameraLost, CameraRefused, InsecurePage, NoRecorder } from "./errors";
import { FakeRecorder, FakeTrack, fakeStream } from "./fixtures";

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
