import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { abort } from "./abort";
import { CameraLost, MovedElsewhere } from "./errors";
import { FakeTrack, PAGE, SETUP, countFrames, fakeStream } from "./fixtures";
import type { Guide, GuideState } from "./guide/guide";
import { Screen, element } from "./screen";
import type { Speaker } from "./speech";
import { waitToStart, type Start, type Waiter } from "./waiting";

const SMALL = { code: "face_small", words: "Come closer.", blocks: true };
const DARK = { code: "too_dark", words: "Turn on a light.", blocks: false };
const FINE: GuideState = { advice: null, ready: true };

class FakeGuide {
  listener: (state: GuideState) => void = () => undefined;
  rest = vi.fn();
  constructor(readonly mode: "cpu" | "none" = "cpu") {}
  watch(listener: (state: GuideState) => void): void {
    this.listener = listener;
  }
}

// Taps are told apart by the page's clock, which must not begin anew with each test.
let clock = 0;

describe("the wait before a film", () => {
  let guide: FakeGuide | null;
  let track: FakeTrack;
  let closed: AbortController;
  let answer: Start | string | Error | null;
  let waiter: Waiter;
  const part = (name: string) =>
    document.querySelector<HTMLElement>(`[data-panel="task-smile"] [data-part="${name}"]`)!;
  const tell = (state: GuideState) => guide!.listener(state);
  const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
  function begin(other: Partial<Waiter> = {}): void {
    answer = null;
    void waitToStart("task-smile", { ...waiter, ...other }).then(
      (value) => (answer = value),
      (error: Error) => (answer = error),
    );
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.advanceTimersByTime((clock += 200_000));
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    document.body.innerHTML = PAGE;
    guide = new FakeGuide();
    track = new FakeTrack();
    closed = new AbortController();
    waiter = {
      setup: SETUP,
      screen: new Screen(),
      stream: fakeStream(track),
      video: element<HTMLVideoElement>("preview"),
      byMyself: false,
      guide: () => guide as unknown as Guide | null,
      speaker: null,
      closed: closed.signal,
    };
  });
  afterEach(() => {
    abort(closed, new MovedElsewhere());
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("starts by itself after the time to read, once the picture is good", async () => {
    begin();
    tell(FINE);
    await seconds(3);
    expect(answer).toBeNull();
    await seconds(0.5);
    expect(answer).toEqual({ by: "ready", advice: null, waited_s: expect.any(Number) });
    expect(guide!.rest).toHaveBeenCalled();
  });

  it("tells one advice, hides the button while it blocks, and lets start anyway after 15 s", async () => {
    begin();
    tell({ advice: SMALL, ready: false });
    await seconds(4);
    expect(part("advice").textContent).toBe("Come closer.");
    expect(part("start").hidden).toBe(true);
    await seconds(11.5);
    expect(part("start")).toMatchObject({ hidden: false, textContent: "Start anyway" });
    part("start").click();
    await seconds(0);
    expect(answer).toMatchObject({ by: "anyway", advice: "face_small" });
    expect((answer as unknown as Start).waited_s).toBeGreaterThanOrEqual(15);
  });

  it("starts by itself in the end, flagged", async () => {
    begin();
    tell({ advice: SMALL, ready: false });
    await seconds(29.5);
    expect(answer).toBeNull();
    await seconds(1);
    expect(answer).toMatchObject({ by: "time", advice: "face_small" });
  });

  it("keeps the advice that did not block", async () => {
    begin();
    tell({ advice: DARK, ready: true });
    await seconds(4);
    expect(answer).toMatchObject({ by: "ready", advice: "too_dark" });
  });

  it("can be started by hand at once", async () => {
    begin();
    await seconds(0.5);
    expect(part("start").textContent).toBe("Start now");
    part("start").click();
    await seconds(0);
    expect(answer).toEqual({ by: "button", advice: null, waited_s: 0.5 });
  });

  it("needs no guide", async () => {
    guide = new FakeGuide("none");
    begin();
    await seconds(4);
    expect(answer).toMatchObject({ by: "unguided" });
  });

  it("waits for a guide that is still being opened, then listens to it", async () => {
    const opened = guide;
    guide = null;
    begin();
    await seconds(10);
    expect(answer).toBeNull();
    expect(part("start").hidden).toBe(false);
    guide = opened;
    await seconds(0.5);
    tell(FINE);
    await seconds(0.5);
    expect(answer).toMatchObject({ by: "ready" });
  });

  it("starts nothing by itself where a helper presses the buttons", async () => {
    begin({ setup: { ...SETUP, helped: true } });
    tell(FINE);
    await seconds(60);
    expect(answer).toBeNull();
    expect(part("advice").textContent).toContain("When you are both ready");
  });

  it("starts nothing by itself where the person wants to start each film", async () => {
    begin({ byMyself: true });
    tell(FINE);
    await seconds(60);
    expect(answer).toBeNull();
    expect(part("advice").textContent).toBe("When you are ready, press Start now.");
    part("start").click();
    await seconds(0);
    expect(answer).toMatchObject({ by: "button" });
  });

  it("gives the action of any other button", async () => {
    begin();
    document.querySelector<HTMLElement>('[data-panel="task-smile"] [data-act="pause"]')!.click();
    await seconds(0);
    expect(answer).toBe("pause");
    await seconds(60);
    expect(answer).toBe("pause");
  });

  it("waits while the page is not seen, and gives the time to read anew", async () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    begin();
    tell(FINE);
    await seconds(60);
    expect(answer).toBeNull();
    hidden.mockReturnValue(false);
    await seconds(2);
    expect(answer).toBeNull();
    await seconds(2);
    expect(answer).toMatchObject({ by: "ready" });
  });

  it("waits until the text has been read aloud, and hushes when it starts", async () => {
    let spoken = () => undefined as void;
    const say = vi.fn((_text: string) => new Promise<void>((resolve) => (spoken = resolve)));
    const hush = vi.fn();
    begin({ speaker: { say, hush } as unknown as Speaker });
    tell(FINE);
    await seconds(20);
    expect(say).toHaveBeenCalledWith("Do it.");
    expect(answer).toBeNull();
    spoken();
    await seconds(0.5);
    expect(answer).toMatchObject({ by: "ready" });
    expect(hush).toHaveBeenCalled();
  });

  it("reads new advice aloud once, and says that the film starts in the end", async () => {
    let spoken = () => undefined as void;
    const say = vi.fn((_text: string) => new Promise<void>((resolve) => (spoken = resolve)));
    const speaker = { say, hush: vi.fn() } as unknown as Speaker;
    begin({ speaker });
    tell({ advice: SMALL, ready: false });
    await seconds(3);
    expect(say).toHaveBeenCalledTimes(1); // the text comes first
    spoken();
    await seconds(0.5);
    expect(say).toHaveBeenLastCalledWith("Come closer.");
    spoken();
    tell({ advice: null, ready: false });
    await seconds(1);
    tell({ advice: SMALL, ready: false });
    await seconds(26);
    expect(say).toHaveBeenCalledTimes(3);
    expect(say).toHaveBeenLastCalledWith("The film starts now.");
    expect(answer).toBeNull();
    spoken();
    await seconds(0.5);
    expect(answer).toMatchObject({ by: "time" });
  });

  it("notices a camera that freezes", async () => {
    const frames = countFrames(element<HTMLVideoElement>("preview"));
    begin({ setup: { ...SETUP, helped: true } });
    await seconds(10);
    expect(answer).toBeNull();
    frames.show();
    await seconds(4);
    expect(answer).toBeInstanceOf(CameraLost);
  });

  it("notices a camera that is unplugged meanwhile", async () => {
    begin();
    track.dispatchEvent(new Event("ended"));
    await seconds(0);
    expect(answer).toBeInstanceOf(CameraLost);
  });

  it("ends when another window makes the films", async () => {
    begin();
    abort(closed, new MovedElsewhere());
    await seconds(0);
    expect(answer).toBeInstanceOf(MovedElsewhere);
  });
});
