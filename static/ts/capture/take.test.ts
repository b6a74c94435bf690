import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AudioBeeper } from "./beep";
import { CameraLost, PageLeft, RecorderFailed, StoppedByHand } from "./errors";
import { FakeRecorder, FakeTrack, PAGE, SETUP, SMILE, fakeStream } from "./fixtures";
import { Screen, element } from "./screen";
import { recordTake, type Studio } from "./take";

const upload = vi.hoisted(() => ({ cancel: vi.fn(() => Promise.resolve()), begun: vi.fn() }));
vi.mock("./upload", () => ({
  UploadRefused: class extends Error {},
  FilmUpload: class {
    arrived = new Promise(() => undefined);
    cancel = upload.cancel;
    constructor(_film: unknown, to: unknown) {
      upload.begun(to);
    }
  },
}));

describe("a take", () => {
  let track: FakeTrack;
  let studio: Studio;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    vi.stubGlobal("MediaRecorder", FakeRecorder);
    vi.stubGlobal("crypto", { subtle: { digest: async () => new ArrayBuffer(32) } });
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    document.body.innerHTML = PAGE;
    track = new FakeTrack();
    const beeper = { at: (time: number) => time, cancel: vi.fn() } as unknown as AudioBeeper;
    studio = {
      setup: SETUP,
      screen: new Screen(),
      beeper,
      stream: fakeStream(track),
      video: element<HTMLVideoElement>("preview"),
      changed: vi.fn(),
    };
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** A take whose recorder has started. */
  async function begun() {
    const take = recordTake(SMILE, studio);
    take.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(3000);
    FakeRecorder.last.dispatchEvent(new Event("start"));
    await vi.advanceTimersByTimeAsync(500);
    return { take };
  }

  it("counts to three before anything is recorded", async () => {
    void recordTake(SMILE, studio);
    expect(element("stage-caption").textContent).toBe("3");
    await vi.advanceTimersByTimeAsync(2000);
    expect(element("stage-caption").textContent).toBe("1");
    expect(FakeRecorder.last.state).toBe("inactive");
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeRecorder.last.state).toBe("recording");
  });

  it("sends what the recorder names its type, from the start on", async () => {
    await begun();
    expect(upload.begun.mock.calls[0]![0]).toMatchObject({
      task: "smile",
      mime: "video/webm;codecs=vp8",
    });
  });

  it("ends by itself when the task is over and hides the stage", async () => {
    const { take } = await begun();
    await vi.advanceTimersByTimeAsync(12000);
    const delivery = await take;
    expect(delivery.film.isFinished).toBe(true);
    expect(element("stage").hidden).toBe(true);
    expect(upload.cancel).not.toHaveBeenCalled();
  });

  it.each<[string, () => void, unknown]>([
    ["the stop button", () => studio.screen.onStop(), StoppedByHand],
    ["leaving the page", () => window.dispatchEvent(new Event("pagehide")), PageLeft],
    ["an unplugged camera", () => track.dispatchEvent(new Event("ended")), CameraLost],
    ["a failing recorder", () => FakeRecorder.last.dispatchEvent(new Event("error")), RecorderFailed],
  ])("is broken off by %s, and its upload with it", async (_what, breakOff, error) => {
    const { take } = await begun();
    breakOff();
    await vi.advanceTimersByTimeAsync(500);
    await expect(take).rejects.toBeInstanceOf(error);
    expect(upload.cancel).toHaveBeenCalled();
    expect(FakeRecorder.last.state).toBe("inactive");
    expect(element("stage").hidden).toBe(true);
  });

  it("can be stopped during the count-down", async () => {
    const take = recordTake(SMILE, studio);
    take.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1000);
    studio.screen.onStop();
    await expect(take).rejects.toBeInstanceOf(StoppedByHand);
    expect(upload.begun).not.toHaveBeenCalled();
  });
});
