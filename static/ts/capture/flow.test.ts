import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openCamera } from "./camera";
import type { Delivery } from "./delivery";
import { CameraLost, CameraRefused, RecorderFailed, StoppedByHand, type CaptureError } from "./errors";
import { finishSession } from "./finish";
import { FakeTrack, PAGE, REST, SETUP, SMILE, fakeStream } from "./fixtures";
import { CaptureFlow } from "./flow";
import { recover } from "./recover";
import { Screen, element } from "./screen";
import type { Setup } from "./setup";
import { SessionHold } from "./tabs";
import { recordTake } from "./take";
import { removeUpload } from "./upload";

vi.mock("./camera", async (original) => ({
  ...(await original<typeof import("./camera")>()),
  openCamera: vi.fn(),
}));
vi.mock("./take", () => ({ recordTake: vi.fn() }));
vi.mock("./finish", () => ({ finishSession: vi.fn() }));
vi.mock("./recover", () => ({ recover: vi.fn() }));
vi.mock("./store", () => ({ TakeStore: { open: async () => null } }));
vi.mock("./tabs", () => ({ SessionHold: { claim: vi.fn(), takeOver: vi.fn() } }));
vi.mock("./progress", () => ({ Progress: class { stop(): void {} } }));
vi.mock("./wake", () => ({ stayAwake: vi.fn() }));
vi.mock("./beep", () => ({
  NOW_HZ: 880,
  AudioBeeper: class {
    wake = () => Promise.resolve();
    at = () => ({ heard: () => null });
  },
}));
// No guide: each film starts once its text could have been read.
vi.mock("./guide/guide", () => ({ Guide: { open: async () => ({ mode: "none", close: () => undefined }) } }));

const READ_S = 3.3; // for the set-up's or a task's text in the fixtures
let clock = 0;

function delivery(task: typeof SMILE, isPartial = false): Delivery {
  const state = { kind: "received", receipt: { recording: task.code, received: "2026-11-24T14:03:00" } };
  const sending = { kind: "sending", percent: 0 };
  const film = { task, state: sending, isPartial, isSettled: false, cancel: vi.fn() };
  // It arrives after the page has taken note of it.
  setTimeout(() => Object.assign(film, { state, isSettled: true }), 100);
  return film as unknown as Delivery;
}

describe("the visit to the record page", () => {
  let tabLost: () => void;
  const panel = () =>
    document.querySelector<HTMLElement>("[data-panel]:not([hidden])")?.dataset.panel;
  const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
  /** Presses a button of the panel that is shown, and waits for what follows. */
  const press = async (action: string) => {
    await seconds(1);
    document
      .querySelector<HTMLElement>(`[data-panel="${panel()}"] [data-act="${action}"]`)!
      .click();
    await seconds(0);
  };
  const filmed = () => vi.mocked(recordTake).mock.calls.map(([task]) => task.code);
  async function begin(setup: Partial<Setup> = {}) {
    void new CaptureFlow({ ...SETUP, ...setup }, new Screen()).run();
    await seconds(0);
  }
  /** Up to the first task's panel. */
  async function cameraReady(setup: Partial<Setup> = {}) {
    await begin(setup);
    await press("open");
    await seconds(1.5 + READ_S);
  }
  const breaks = (error: CaptureError, partial: Delivery | null = null) =>
    vi.mocked(recordTake).mockResolvedValueOnce({ delivery: partial, broken: error });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.advanceTimersByTime((clock += 2_000_000));
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    HTMLMediaElement.prototype.pause = () => undefined;
    document.body.innerHTML = PAGE;
    vi.mocked(openCamera).mockImplementation(async () => fakeStream(new FakeTrack()));
    vi.mocked(recordTake).mockImplementation(async (task) => ({
      delivery: delivery(task),
      broken: null,
    }));
    vi.mocked(recover).mockResolvedValue([]);
    const lost = new Promise<void>((resolve) => (tabLost = resolve));
    vi.mocked(SessionHold.claim).mockResolvedValue({ lost } as SessionHold);
    vi.mocked(SessionHold.takeOver).mockResolvedValue({ lost } as SessionHold);
  });
  afterEach(() => {
    vi.resetAllMocks();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("goes from one tap to the end by itself", async () => {
    await begin();
    expect(panel()).toBe("camera");
    await press("open");
    expect(panel()).toBe("setup");
    await seconds(1.5 + READ_S);
    expect(panel()).toBe("task-rest");
    expect(element("place-rest").textContent).toContain("Film 1 of 2");
    await seconds(READ_S);
    expect(panel()).toBe("task-smile");
    await seconds(READ_S);
    expect(filmed()).toEqual(["rest", "smile"]);
    expect(vi.mocked(recordTake).mock.calls[0]![1].by).toBe("unguided");
    expect(panel()).toBe("wait");
  });

  it("explains a refused camera and tries again", async () => {
    vi.mocked(openCamera).mockRejectedValueOnce(new CameraRefused());
    await begin();
    await press("open");
    expect(panel()).toBe("problem");
    expect(element("problem-title").textContent).toContain("not allowed");
    await press("retry");
    expect(panel()).toBe("setup");
  });

  it("waits for a slow camera, and says when no picture comes", async () => {
    element<HTMLVideoElement>("preview").requestVideoFrameCallback = vi.fn();
    element<HTMLVideoElement>("preview").cancelVideoFrameCallback = vi.fn();
    await begin();
    await press("open");
    expect(panel()).toBe("setup");
    await seconds(10);
    expect(panel()).toBe("problem");
    expect(element("problem-title").textContent).toContain("no pictures");
  });

  it("offers a film again that was interrupted, to leave it out, or to go on later", async () => {
    breaks(new CameraLost());
    breaks(new CameraLost());
    await cameraReady();
    await seconds(READ_S);
    expect(panel()).toBe("stopped");
    expect(element("stopped-title").textContent).toBe("The camera was switched off");
    expect(element("stopped-by-hand").hidden).toBe(true);
    await press("again");
    expect(panel()).toBe("task-rest");
    await seconds(READ_S);
    expect(panel()).toBe("stopped");
    await press("skip");
    expect(panel()).toBe("task-smile");
  });

  it("opens the camera again that has gone", async () => {
    const track = new FakeTrack();
    vi.mocked(openCamera).mockResolvedValueOnce(fakeStream(track));
    await cameraReady();
    track.stop();
    track.dispatchEvent(new Event("ended"));
    await seconds(0);
    expect(panel()).toBe("stopped");
    await press("again");
    expect(panel()).toBe("setup");
    await seconds(1.5 + READ_S);
    expect(panel()).toBe("task-rest");
  });

  it("keeps a part of a film only until there is a whole one", async () => {
    const part = delivery(REST, true);
    breaks(new CameraLost(), part);
    await cameraReady();
    await seconds(READ_S);
    await press("again");
    expect(part.cancel).not.toHaveBeenCalled();
    await seconds(READ_S);
    expect(part.cancel).toHaveBeenCalled();
    expect(panel()).toBe("task-smile");
  });

  it("pauses at any time, and goes on where it was", async () => {
    await begin();
    await press("open");
    await seconds(2);
    await press("pause");
    expect(panel()).toBe("paused");
    expect(element("paused-skip").hidden).toBe(true);
    await seconds(600);
    expect(panel()).toBe("paused");
    await press("continue");
    expect(panel()).toBe("setup");
    await seconds(READ_S);
    await press("pause");
    expect(element("paused-skip").hidden).toBe(false);
    await press("continue");
    expect(panel()).toBe("task-rest");
    expect(filmed()).toEqual([]);
  });

  it("takes the stop button for a pause", async () => {
    breaks(new StoppedByHand());
    await cameraReady();
    await seconds(READ_S);
    expect(panel()).toBe("paused");
    expect(element("paused-words").textContent).toContain("This film is not kept");
    await press("skip");
    expect(panel()).toBe("task-smile");
  });

  it("does the rest later: the camera is off until then", async () => {
    const track = new FakeTrack();
    vi.mocked(openCamera).mockResolvedValueOnce(fakeStream(track));
    await cameraReady();
    await press("pause");
    await press("later");
    expect(panel()).toBe("later");
    expect(track.readyState).toBe("ended");
    expect(element("later-words").textContent).toContain("You can close this page now");
    await press("continue");
    expect(panel()).toBe("setup");
  });

  it("goes on where an earlier visit stopped", async () => {
    await cameraReady({ tasks: [{ ...REST, received: true }, SMILE] });
    expect(panel()).toBe("task-smile");
    expect(element("place-smile").textContent).toContain("Film 2 of 2");
  });

  it("does not ask again for films that an earlier visit left on this device", async () => {
    vi.mocked(recover).mockResolvedValue([delivery(REST)]);
    await cameraReady();
    expect(panel()).toBe("task-smile");
  });

  it("asks again for a film of which an earlier visit left a part", async () => {
    vi.mocked(recover).mockResolvedValue([delivery(REST, true)]);
    await cameraReady();
    expect(panel()).toBe("task-rest");
  });

  it("looks again for what is on this device before the end, where it was not to be had before", async () => {
    await cameraReady();
    await press("pause");
    await press("skip");
    vi.mocked(recover).mockResolvedValueOnce([delivery(REST)]);
    await seconds(READ_S + 1);
    expect(filmed()).toEqual(["smile"]);
    const asked = vi.mocked(recover).mock.calls.map(([{ tasks }]) => tasks.map(({ code }) => code));
    expect(asked).toEqual([["rest", "smile"], ["rest"]]);
    await seconds(25);
    expect(panel()).toBe("finish"); // nothing is missing
  });

  it("needs no camera when all films have arrived", async () => {
    await begin({ tasks: [{ ...REST, received: true }] });
    expect(panel()).toBe("wait");
    expect(openCamera).not.toHaveBeenCalled();
  });

  it("films again what the person wants to, then finishes", async () => {
    await cameraReady({ tasks: [SMILE] });
    await press("pause");
    await press("skip");
    await seconds(1);
    expect(panel()).toBe("question");
    await press("again");
    expect(panel()).toBe("setup");
    await seconds(1.5 + 2 * READ_S);
    expect(filmed()).toEqual(["smile"]);
    expect(panel()).toBe("wait");
  });

  it("finishes by itself when all films are there", async () => {
    await begin({ tasks: [{ ...REST, received: true }] });
    await seconds(20 + 21);
    expect(finishSession).toHaveBeenCalledWith(element("finish-form"), SETUP.csrf);
    expect(panel()).toBe("finishing");
  });

  it("finishes only once the clinic has heard which films were stopped", async () => {
    let answer!: (response: unknown) => void;
    vi.stubGlobal("fetch", () => new Promise((resolve) => (answer = resolve)));
    const removed = removeUpload("http://localhost/uploads/abc", SETUP.csrf);
    await begin({ tasks: [{ ...REST, received: true }] });
    await seconds(20 + 21);
    expect(panel()).toBe("finishing");
    expect(finishSession).not.toHaveBeenCalled();
    answer({ status: 204, text: async () => "" });
    await removed;
    await seconds(0);
    expect(finishSession).toHaveBeenCalled();
  });

  it("asks first when the films are being made in another window", async () => {
    vi.mocked(SessionHold.claim).mockResolvedValue(null);
    await begin();
    expect(panel()).toBe("elsewhere");
    expect(recover).not.toHaveBeenCalled();
    await press("here");
    expect(SessionHold.takeOver).toHaveBeenCalledWith(SETUP.session);
    expect(panel()).toBe("camera");
  });

  it("stops when another window goes on with the films", async () => {
    await cameraReady();
    tabLost();
    await seconds(60);
    expect(panel()).toBe("elsewhere");
    expect(filmed()).toEqual([]);
  });

  it("opens the camera again after a pause of its set-up that took longer", async () => {
    const track = new FakeTrack();
    vi.mocked(openCamera).mockResolvedValueOnce(fakeStream(track));
    await begin();
    await press("open");
    await seconds(1.5);
    await press("pause");
    await press("later");
    expect(track.readyState).toBe("ended");
    await press("continue");
    await seconds(1.5 + READ_S);
    expect(openCamera).toHaveBeenCalledTimes(2);
    expect(panel()).toBe("task-rest");
  });

  it("does not film again a third time what the rest is put off after", async () => {
    await cameraReady({ tasks: [SMILE] });
    await press("pause");
    await press("skip");
    await seconds(1);
    vi.mocked(recordTake).mockImplementationOnce(async (task) => {
      const film = delivery(task);
      Object.defineProperty(film, "isSettled", { value: false }); // it travels for long
      return { delivery: film, broken: null };
    });
    await press("again");
    await seconds(1.5 + 2 * READ_S);
    expect(panel()).toBe("wait");
    await press("later");
    await press("continue");
    await seconds(60);
    expect(filmed()).toEqual(["smile"]);
  });

  it("films nothing more once the link has ended, and says so", async () => {
    const film = delivery(REST);
    vi.mocked(recordTake).mockImplementationOnce(async (_task, _start, studio) => {
      setTimeout(() => {
        Object.assign(film, { state: { kind: "kept", words: "Ask for a new link." }, isSettled: true });
        studio.changed();
      }, 1000);
      return { delivery: film, broken: null };
    });
    await cameraReady();
    await seconds(READ_S);
    expect(panel()).toBe("task-smile");
    await seconds(1.5);
    expect(panel()).toBe("kept");
    expect(element("kept-words").textContent).toBe("Ask for a new link.");
    await seconds(60);
    expect(filmed()).toEqual(["rest"]);
  });

  it("films nothing more either while only this page has the film", async () => {
    const film = delivery(REST);
    const ended = { kind: "waiting", words: "Open your link again.", isSafe: false, ended: true };
    vi.mocked(recordTake).mockImplementationOnce(async (_task, _start, studio) => {
      setTimeout(() => {
        Object.assign(film, { state: ended, isSettled: false });
        studio.changed();
      }, 1000);
      return { delivery: film, broken: null };
    });
    await cameraReady();
    await seconds(READ_S);
    expect(panel()).toBe("task-smile");
    await seconds(60);
    expect(filmed()).toEqual(["rest"]);
    expect(panel()).toBe("wait");
    expect(element("wait-words").textContent).toContain("Open your link again. Keep this page open");
  });

  it("opens no camera where the link has ended before", async () => {
    const state = { kind: "kept", words: "Open your link again." };
    const film = { ...delivery(REST), state, isSettled: true };
    vi.mocked(recover).mockResolvedValue([film as unknown as Delivery]);
    await begin();
    expect(panel()).toBe("kept");
    expect(openCamera).not.toHaveBeenCalled();
  });

  it("asks for no film of the device's own camera once the link has ended", async () => {
    const film = delivery(REST);
    vi.mocked(recordTake).mockResolvedValueOnce({ delivery: film, broken: null });
    breaks(new RecorderFailed());
    await cameraReady();
    await seconds(READ_S);
    await seconds(READ_S);
    expect(panel()).toBe("stopped");
    Object.assign(film, { state: { kind: "kept", words: "Open your link again." }, isSettled: true });
    await press("by-hand");
    await seconds(1);
    expect(panel()).toBe("kept");
  });

  it("asks for films of the device's own camera where this page cannot film", async () => {
    vi.mocked(openCamera).mockRejectedValue(new CameraRefused());
    await begin();
    await press("open");
    await press("by-hand");
    expect(panel()).toBe("hand-rest");
    await press("skip");
    expect(panel()).toBe("hand-smile");
    await press("later");
    expect(panel()).toBe("later");
    await press("continue");
    expect(panel()).toBe("problem"); // the camera is tried anew
  });

  it("offers the device's own camera where the recorder fails, and closes this page's", async () => {
    const track = new FakeTrack();
    vi.mocked(openCamera).mockResolvedValueOnce(fakeStream(track));
    breaks(new RecorderFailed());
    await cameraReady();
    await seconds(READ_S);
    expect(element("stopped-by-hand").hidden).toBe(false);
    await press("by-hand");
    expect(panel()).toBe("hand-rest");
    expect(track.readyState).toBe("ended");
  });

  it("warns of a link that ends soon", async () => {
    await begin({ expires: new Date(Date.now() + 60_000).toISOString() });
    expect(element("expiry").hidden).toBe(false);
  });
});
