import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openCamera } from "./camera";
import { CameraInUse, CameraLost } from "./errors";
import { FakeTrack, PAGE, SETUP, countFrames, fakeStream } from "./fixtures";
import { Guide } from "./guide/guide";
import { Screen, element } from "./screen";
import type { ReadAloud } from "./speech";
import { Viewfinder } from "./viewfinder";

vi.mock("./camera", async (original) => ({
  ...(await original<typeof import("./camera")>()),
  openCamera: vi.fn(),
}));
vi.mock("./wake", () => ({ stayAwake: vi.fn() }));
const sound = vi.hoisted(() => ({ canSound: true, at: vi.fn() }));
vi.mock("./beep", () => ({
  NOW_HZ: 880,
  AudioBeeper: class {
    canSound = sound.canSound;
    wake = () => Promise.resolve();
    at = sound.at;
  },
}));
vi.mock("./guide/guide", () => ({ Guide: { open: vi.fn() } }));

let clock = 0;

describe("the camera's set-up", () => {
  const setUp = vi.fn((_stream: MediaStream) => Promise.resolve());
  let viewfinder: Viewfinder;
  let track: FakeTrack;
  const panel = () =>
    document.querySelector<HTMLElement>("[data-panel]:not([hidden])")?.dataset.panel;
  const press = async (action: string) => {
    await vi.advanceTimersByTimeAsync(1000);
    document
      .querySelector<HTMLElement>(`[data-panel="${panel()}"] [data-act="${action}"]`)!
      .click();
    await vi.advanceTimersByTimeAsync(1500);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.advanceTimersByTime((clock += 200_000));
    vi.clearAllMocks();
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    document.body.innerHTML = PAGE;
    track = new FakeTrack();
    vi.mocked(openCamera).mockImplementation(async () => fakeStream(track));
    vi.mocked(Guide.open).mockResolvedValue({ mode: "cpu", close: () => undefined } as Guide);
    const aloud = { speaker: null } as ReadAloud;
    viewfinder = new Viewfinder(SETUP.guide, new Screen(), aloud, setUp);
  });
  afterEach(() => vi.useRealTimers());

  it("asks once, shows the picture while it is set up, and parks it afterwards", async () => {
    let isShown = false;
    setUp.mockImplementationOnce(async () => {
      isShown = !element("preview").classList.contains("preview--parked");
    });
    const ready = viewfinder.ready();
    expect(panel()).toBe("camera");
    await press("open");
    expect((await ready)!.getVideoTracks()).toEqual([track]);
    expect(isShown).toBe(true);
    expect(element("preview").classList.contains("preview--parked")).toBe(true);
    await viewfinder.ready();
    expect(openCamera).toHaveBeenCalledTimes(1);
  });

  it("is opened again without another tap once it was closed, and watched anew", async () => {
    const guides = [1, 2].map(() => ({ mode: "cpu", close: vi.fn() }) as unknown as Guide);
    for (const guide of guides) vi.mocked(Guide.open).mockResolvedValueOnce(guide);
    void viewfinder.ready();
    await press("open");
    viewfinder.close();
    expect(track.readyState).toBe("ended");
    track = new FakeTrack();
    const again = viewfinder.ready();
    await vi.advanceTimersByTimeAsync(1500);
    expect((await again)!.getVideoTracks()).toEqual([track]);
    expect(guides[0]!.close).toHaveBeenCalled();
    expect(viewfinder.guide).toBe(guides[1]);
  });

  it("closes a guide that comes only after the camera was closed", async () => {
    let opened = (_guide: Guide) => undefined as void;
    vi.mocked(Guide.open).mockReturnValue(new Promise((resolve) => (opened = resolve)));
    void viewfinder.ready();
    await press("open");
    viewfinder.close();
    const late = { mode: "cpu", close: vi.fn() } as unknown as Guide;
    opened(late);
    await vi.advanceTimersByTimeAsync(0);
    expect(late.close).toHaveBeenCalled();
    expect(viewfinder.guide).toBeNull();
  });

  it("beeps, so that the person can turn the sound up", async () => {
    void viewfinder.ready();
    await press("open");
    expect(sound.at).toHaveBeenCalledTimes(1);
    expect(element("sound-words").textContent).toContain("You should hear a beep");
  });

  it("says so where the browser cannot beep", async () => {
    sound.canSound = false;
    void viewfinder.ready();
    await press("open");
    sound.canSound = true;
    expect(element("sound-words").textContent).toContain("cannot beep");
  });

  it("says what to do where the picture may not play", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("", "NotAllowedError"));
    void viewfinder.ready();
    await press("open");
    expect(panel()).toBe("problem");
    expect(element("problem-title").textContent).toBe("The camera's picture does not start");
  });

  it("opens the camera again that sends no more pictures, or is silent", async () => {
    void viewfinder.ready();
    await press("open");
    track.muted = true;
    track = new FakeTrack();
    const second = viewfinder.ready();
    await vi.advanceTimersByTimeAsync(1500);
    await second;
    expect(openCamera).toHaveBeenCalledTimes(2);
    const frames = countFrames(viewfinder.video);
    const third = viewfinder.ready();
    await vi.advanceTimersByTimeAsync(0);
    frames.show();
    await third;
    expect(openCamera).toHaveBeenCalledTimes(2);
    void viewfinder.ready();
    await vi.advanceTimersByTimeAsync(2500);
    expect(openCamera).toHaveBeenCalledTimes(3);
  });

  it("is opened again when it went while it was set up", async () => {
    setUp.mockImplementationOnce(async () => viewfinder.close());
    vi.mocked(openCamera).mockImplementation(async () => fakeStream(new FakeTrack()));
    const ready = viewfinder.ready();
    await press("open");
    await vi.advanceTimersByTimeAsync(5000);
    expect((await ready)!.getVideoTracks()[0]!.readyState).toBe("live");
    expect(openCamera).toHaveBeenCalledTimes(2);
  });

  it("leaves the films to the device's own camera where the person wants that", async () => {
    vi.mocked(openCamera).mockRejectedValueOnce(new CameraLost());
    const ready = viewfinder.ready();
    await press("open");
    await press("by-hand");
    expect(await ready).toBeNull();
  });

  it("does not wait for the guide", async () => {
    vi.mocked(Guide.open).mockReturnValue(new Promise(() => undefined));
    void viewfinder.ready();
    await press("open");
    expect(setUp).toHaveBeenCalled();
    expect(viewfinder.guide).toBeNull();
  });

  it("says what is wrong with a camera and tries again", async () => {
    vi.mocked(openCamera).mockRejectedValueOnce(new CameraInUse());
    void viewfinder.ready();
    await press("open");
    expect(panel()).toBe("problem");
    expect(element("problem-title").textContent).toBe("Another program is using the camera");
    await press("retry");
    expect(setUp).toHaveBeenCalled();
  });
});
