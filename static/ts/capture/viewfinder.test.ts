import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openCamera } from "./camera";
import { CameraInUse } from "./errors";
import { FakeTrack, PAGE, SETUP, fakeStream } from "./fixtures";
import { Guide } from "./guide/guide";
import { Screen, element } from "./screen";
import type { ReadAloud } from "./speech";
import { Viewfinder } from "./viewfinder";

vi.mock("./camera", async (original) => ({
  ...(await original<typeof import("./camera")>()),
  openCamera: vi.fn(),
}));
vi.mock("./wake", () => ({ stayAwake: vi.fn() }));
vi.mock("./beep", () => ({ AudioBeeper: class { unlock = () => Promise.resolve(); } }));
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
    vi.mocked(Guide.open).mockResolvedValue({ mode: "cpu" } as Guide);
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
    expect((await ready).getVideoTracks()).toEqual([track]);
    expect(isShown).toBe(true);
    expect(element("preview").classList.contains("preview--parked")).toBe(true);
    await viewfinder.ready();
    expect(openCamera).toHaveBeenCalledTimes(1);
  });

  it("is opened again without another tap once it was closed; the guide stays the same", async () => {
    void viewfinder.ready();
    await press("open");
    viewfinder.close();
    expect(track.readyState).toBe("ended");
    track = new FakeTrack();
    const again = viewfinder.ready();
    await vi.advanceTimersByTimeAsync(1500);
    expect((await again).getVideoTracks()).toEqual([track]);
    expect(Guide.open).toHaveBeenCalledTimes(1);
    expect(viewfinder.guide).not.toBeNull();
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
