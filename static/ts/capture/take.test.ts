import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { abort } from "./abort";
import type { AudioBeeper } from "./beep";
import {
  CameraLost,
  MovedElsewhere,
  PageLeft,
  RecorderFailed,
  StoppedByHand,
  type CaptureError,
} from "./errors";
import { FakeRecorder, FakeTrack, PAGE, SETUP, SMILE, countFrames, fakeStream } from "./fixtures";
import { Screen, element } from "./screen";
import { recordTake, type Studio } from "./take";
import type { Start } from "./waiting";

const sent = vi.hoisted(() => ({
  begin: vi.fn(),
  add: vi.fn(),
  complete: vi.fn((..._told: unknown[]) => Promise.resolve()),
  breakOff: vi.fn((..._told: unknown[]) => Promise.resolve()),
  cancel: vi.fn(),
}));
vi.mock("./delivery", () => ({
  Delivery: class {
    begin = sent.begin;
    add = sent.add;
    complete = sent.complete;
    breakOff = sent.breakOff;
    cancel = sent.cancel;
  },
}));

const START: Start = { by: "anyway", advice: "face_small", waited_s: 16 };

describe("a take", () => {
  let track: FakeTrack;
  let studio: Studio;
  let closed: AbortController;
  let supported: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    supported = FakeRecorder.supported;
    vi.stubGlobal("MediaRecorder", FakeRecorder);
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    document.body.innerHTML = PAGE;
    track = new FakeTrack();
    closed = new AbortController();
    studio = {
      setup: { ...SETUP, helped: true },
      screen: new Screen(),
      beeper: {
        at: (time: number) => ({ heard: () => time }),
        cancel: vi.fn(),
        wake: vi.fn(() => Promise.resolve()),
        facts: () => ({ state: "running", clock: "output timestamp" }),
      } as unknown as AudioBeeper,
      stream: fakeStream(track),
      video: element<HTMLVideoElement>("preview"),
      guide: { facts: () => ({ mode: "cpu" }) } as unknown as Studio["guide"],
      store: null,
      changed: vi.fn(),
      closed: closed.signal,
    };
  });
  afterEach(async () => {
    abort(closed, new MovedElsewhere()); // ends what a test has left running
    await vi.advanceTimersByTimeAsync(9000);
    FakeRecorder.supported = supported;
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const running = () => recordTake(SMILE, START, studio);
  /** A take whose recorder has started and given its first chunk. */
  async function recording() {
    const take = running();
    await vi.advanceTimersByTimeAsync(3000);
    FakeRecorder.last.dispatchEvent(new Event("start"));
    FakeRecorder.last.chunk("first");
    await vi.advanceTimersByTimeAsync(500);
    return { take };
  }

  it("counts to three before anything is recorded", async () => {
    void running();
    await vi.advanceTimersByTimeAsync(0);
    expect(studio.beeper.wake).toHaveBeenCalled();
    expect(element("stage-caption").textContent).toBe("3");
    await vi.advanceTimersByTimeAsync(2000);
    expect(element("stage-caption").textContent).toBe("1");
    expect(sent.begin).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeRecorder.last.state).toBe("recording");
  });

  it("sends what the recorder names its type, chunk by chunk from the start on", async () => {
    await recording();
    expect(sent.begin).toHaveBeenCalledWith("video/webm;codecs=vp8");
    expect(sent.add).toHaveBeenCalledTimes(1);
  });

  it("records mp4 where the browser knows no webm", async () => {
    FakeRecorder.supported = ["video/mp4;codecs=avc1.42E01F"];
    await recording();
    expect(sent.begin).toHaveBeenCalledWith("video/mp4;codecs=avc1.42E01F");
  });

  it("ends by itself when the task is over and hides the stage", async () => {
    const { take } = await recording();
    await vi.advanceTimersByTimeAsync(12000);
    expect((await take).broken).toBeNull();
    expect(sent.complete.mock.calls[0]![0]).toHaveLength(2);
    expect(element("stage").hidden).toBe(true);
    expect(sent.cancel).not.toHaveBeenCalled();
  });

  it("tells with the film how it was started and what helped", async () => {
    const { take } = await recording();
    await vi.advanceTimersByTimeAsync(12000);
    await take;
    expect(sent.complete.mock.calls[0]![1]).toMatchObject({
      start: START,
      guide: { mode: "cpu" },
      helped: true,
      interrupted: null,
      zero: { from: "start event" },
      sound: { state: "running", clock: "output timestamp" },
    });
  });

  it("is delivered where the browser never says that it has stopped", async () => {
    const { take } = await recording();
    FakeRecorder.last.sendsStop = false;
    await vi.advanceTimersByTimeAsync(12000 + 8000);
    expect((await take).broken).toBeNull();
    expect(sent.complete).toHaveBeenCalled();
  });

  it("goes on when the camera falls silent for a moment at its start", async () => {
    void running();
    await vi.advanceTimersByTimeAsync(1000);
    track.dispatchEvent(new Event("mute"));
    await vi.advanceTimersByTimeAsync(2000);
    expect(FakeRecorder.last.state).toBe("recording");
    expect(element("stage").hidden).toBe(false);
  });

  it.each<[string, () => void, new () => CaptureError, string]>([
    ["leaving the page", () => window.dispatchEvent(new Event("pagehide")), PageLeft, "page left"],
    ["an unplugged camera", () => track.dispatchEvent(new Event("ended")), CameraLost, "camera lost"],
    [
      "a failing recorder",
      () => FakeRecorder.last.dispatchEvent(new Event("error")),
      RecorderFailed,
      "recorder failed",
    ],
    ["another window", () => abort(closed, new MovedElsewhere()), MovedElsewhere, "page left"],
  ])("is interrupted by %s: what was recorded is kept", async (_what, breakOff, error, name) => {
    const { take } = await recording();
    await vi.advanceTimersByTimeAsync(4000); // one of the two cues is over
    breakOff();
    await vi.advanceTimersByTimeAsync(500);
    const { delivery, broken } = await take;
    expect(broken).toBeInstanceOf(error);
    expect(delivery).not.toBeNull();
    expect(sent.breakOff.mock.calls[0]![0]).toHaveLength(1);
    expect(sent.breakOff.mock.calls[0]![1]).toMatchObject({ interrupted: name });
    expect(sent.cancel).not.toHaveBeenCalled();
    expect(FakeRecorder.last.state).toBe("inactive");
    expect(element("stage").hidden).toBe(true);
  });

  it("keeps what was recorded when an interrupted recorder never stops", async () => {
    const { take } = await recording();
    FakeRecorder.last.sendsStop = false;
    window.dispatchEvent(new Event("pagehide"));
    await vi.advanceTimersByTimeAsync(8500);
    expect((await take).broken).toBeInstanceOf(PageLeft);
    expect(sent.breakOff).toHaveBeenCalled();
  });

  it("is interrupted when the page slept, although its end passed meanwhile", async () => {
    const { take } = await recording();
    vi.setSystemTime(Date.now() + 60_000);
    window.dispatchEvent(new Event("pageshow"));
    await vi.advanceTimersByTimeAsync(2500);
    expect((await take).broken).toBeInstanceOf(PageLeft);
    expect(sent.complete).not.toHaveBeenCalled();
  });

  it("goes on when the page only stood still", async () => {
    const { take } = await recording();
    vi.setSystemTime(Date.now() + 5_000);
    await vi.advanceTimersByTimeAsync(600);
    FakeRecorder.last.chunk("after it");
    await vi.advanceTimersByTimeAsync(12_000);
    expect((await take).broken).toBeNull();
    expect(sent.complete).toHaveBeenCalled();
  });

  it("is interrupted by a camera that freezes", async () => {
    const frames = countFrames(studio.video);
    const { take } = await recording();
    frames.show();
    await vi.advanceTimersByTimeAsync(4000);
    expect((await take).broken).toBeInstanceOf(CameraLost);
    expect(sent.breakOff.mock.calls[0]![1]).toMatchObject({ interrupted: "camera lost" });
  });

  it("keeps nothing when it is stopped by hand", async () => {
    const { take } = await recording();
    studio.screen.onStop();
    await vi.advanceTimersByTimeAsync(500);
    const { delivery, broken } = await take;
    expect(broken).toBeInstanceOf(StoppedByHand);
    expect(delivery).toBeNull();
    expect(sent.cancel).toHaveBeenCalled();
    expect(sent.breakOff).not.toHaveBeenCalled();
  });

  it("can be stopped during the count-down", async () => {
    const take = running();
    await vi.advanceTimersByTimeAsync(1000);
    studio.screen.onStop();
    expect((await take).broken).toBeInstanceOf(StoppedByHand);
    expect(sent.begin).not.toHaveBeenCalled();
  });

  it("says so when the recorder does not begin", async () => {
    const take = running();
    await vi.advanceTimersByTimeAsync(3000 + 8000);
    const { delivery, broken } = await take;
    expect(broken).toBeInstanceOf(RecorderFailed);
    expect(delivery).toBeNull();
  });
});
