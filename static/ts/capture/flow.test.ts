import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openCamera } from "./camera";
import type { Delivery } from "./delivery";
import { CameraRefused, StoppedByHand } from "./errors";
import { FakeTrack, PAGE, REST, SETUP, SMILE, fakeStream } from "./fixtures";
import { CaptureFlow } from "./flow";
import { Screen, element } from "./screen";
import { recordTake } from "./take";

vi.mock("./camera", async (original) => ({
  ...(await original<typeof import("./camera")>()),
  openCamera: vi.fn(),
}));
vi.mock("./take", () => ({ recordTake: vi.fn() }));
vi.mock("./progress", () => ({ Progress: class { stop(): void {} } }));
vi.mock("./wake", () => ({ stayAwake: vi.fn() }));
vi.mock("./beep", () => ({ AudioBeeper: class { unlock = () => Promise.resolve(); } }));

const TASK_PANELS = [REST, SMILE]
  .map(
    ({ code }) => `<section data-panel="task-${code}" hidden><h1 tabindex="-1"></h1>
      <button data-act="start"></button><button id="back-${code}" data-act="back"></button></section>`,
  )
  .join("");
const STOPPED = `<section data-panel="stopped" hidden><h1 id="stopped-title" tabindex="-1"></h1>
  <p id="stopped-words"></p><button data-act="again"></button><button data-act="skip"></button></section>`;

let time = 0;

describe("the visit to the capture page", () => {
  const panel = () =>
    document.querySelector<HTMLElement>("[data-panel]:not([hidden])")?.dataset.panel;
  /** Presses a button of the panel that is shown, and waits for what follows. */
  const press = async (action: string) => {
    time += 1000;
    document
      .querySelector<HTMLElement>(`[data-panel="${panel()}"] [data-act="${action}"]`)!
      .click();
    await vi.advanceTimersByTimeAsync(1600);
  };
  const filmed = () => vi.mocked(recordTake).mock.calls.map(([task]) => task.code);
  const begin = (setup = SETUP) => void new CaptureFlow(setup, new Screen()).run();

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(performance, "now").mockImplementation(() => time);
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    document.body.innerHTML = PAGE + TASK_PANELS + STOPPED;
    vi.mocked(openCamera).mockResolvedValue(fakeStream(new FakeTrack()));
    vi.mocked(recordTake).mockImplementation(async (task) => {
      const state = { kind: "sending", percent: 0 };
      return { task, state, isSettled: false, cancel: vi.fn() } as unknown as Delivery;
    });
  });
  afterEach(() => {
    vi.clearAllMocks();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function cameraReady() {
    begin();
    await press("open");
    await press("go");
  }

  it("sets the camera up, films each task, and ends with the list of films", async () => {
    await cameraReady();
    expect(panel()).toBe("task-rest");
    await press("start");
    expect(panel()).toBe("task-smile");
    await press("start");
    expect(filmed()).toEqual(["rest", "smile"]);
    expect(panel()).toBe("review");
  });

  it("explains a refused camera and tries again", async () => {
    vi.mocked(openCamera).mockRejectedValueOnce(new CameraRefused());
    begin();
    await press("open");
    expect(panel()).toBe("problem");
    expect(element("problem-title").textContent).toContain("not allowed");
    await press("retry");
    expect(panel()).toBe("preview");
  });

  it("waits for a slow camera, and says when no picture comes", async () => {
    element<HTMLVideoElement>("preview").requestVideoFrameCallback = vi.fn();
    element<HTMLVideoElement>("preview").cancelVideoFrameCallback = vi.fn();
    begin();
    await press("open");
    expect(panel()).toBe("preview");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(panel()).toBe("problem");
    expect(element("problem-title").textContent).toContain("no pictures");
  });

  it("offers the last film once more before the next", async () => {
    await cameraReady();
    expect(element("back-rest").hidden).toBe(true);
    await press("start");
    await press("back");
    expect(filmed()).toEqual(["rest", "rest"]);
    expect(panel()).toBe("task-smile");
  });

  it("drops an older film of the task that is still on its way", async () => {
    await cameraReady();
    await press("start");
    const first = (await vi.mocked(recordTake).mock.results[0]!.value) as Delivery;
    await press("back");
    expect(first.cancel).toHaveBeenCalled();
  });

  it("offers a film again that was broken off, or to go on without it", async () => {
    vi.mocked(recordTake).mockRejectedValue(new StoppedByHand());
    await cameraReady();
    await press("start");
    expect(panel()).toBe("stopped");
    await press("again");
    expect(panel()).toBe("stopped");
    await press("skip");
    expect(panel()).toBe("task-smile");
  });

  it("asks for the camera again when it has gone", async () => {
    const track = new FakeTrack();
    vi.mocked(openCamera).mockResolvedValueOnce(fakeStream(track));
    await cameraReady();
    track.stop();
    await press("start");
    expect(panel()).toBe("camera");
  });

  it("goes on where an earlier visit stopped", async () => {
    begin({ ...SETUP, tasks: [{ ...REST, received: true }, SMILE] });
    await press("open");
    await press("go");
    expect(panel()).toBe("task-smile");
  });

  it("needs no camera when all films have arrived", async () => {
    begin({ ...SETUP, tasks: [{ ...REST, received: true }] });
    await vi.advanceTimersByTimeAsync(0);
    expect(panel()).toBe("review");
    expect(openCamera).not.toHaveBeenCalled();
  });
});
