// The oldest browsers that are served: Safari 14.1, Chrome 85 and Firefox 90 lack what is taken
// away here.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AudioBeeper } from "./beep";
import { Delivery } from "./delivery";
import { FakeRecorder, FakeTrack, PAGE, SETUP, SMILE, fakeStream } from "./fixtures";
import { Screen, element } from "./screen";
import { recordTake, type Studio } from "./take";
import { FilmUpload } from "./upload";

vi.mock("./upload", async (original) => ({
  ...(await original<typeof import("./upload")>()),
  FilmUpload: vi.fn(),
}));

// jsdom's Blob cannot be read, those of old browsers can.
vi.mock("./hash", async (original) => ({
  ...(await original<typeof import("./hash")>()),
  sha256: async () => "f00d",
}));

const NEWER: Array<[object, string]> = [
  [AbortSignal.prototype, "throwIfAborted"],
  [AbortSignal.prototype, "reason"],
  [AbortSignal, "timeout"],
  [AbortSignal, "any"],
  [AbortSignal, "abort"],
  [Object.getPrototypeOf(crypto) as object, "randomUUID"],
  [Element.prototype, "replaceChildren"],
  [Array.prototype, "at"],
  [Array.prototype, "findLast"],
  [String.prototype, "at"],
  [Object, "hasOwn"],
  [globalThis, "structuredClone"],
];
const taken: Array<() => void> = [];

function takeAway(from: object, name: string): void {
  const known = Object.getOwnPropertyDescriptor(from, name);
  if (!known) return;
  Reflect.deleteProperty(from, name);
  expect(name in from).toBe(false);
  taken.push(() => Object.defineProperty(from, name, known));
}

let closed: AbortController;

function studio(): Studio {
  return {
    setup: SETUP,
    screen: new Screen(),
    beeper: {
      at: (time: number) => ({ heard: () => time }),
      cancel: vi.fn(),
      wake: vi.fn(() => Promise.resolve()),
      facts: () => ({ state: "running", clock: "output timestamp" }),
    } as unknown as AudioBeeper,
    stream: fakeStream(new FakeTrack()),
    video: element<HTMLVideoElement>("preview"),
    guide: null,
    store: null,
    changed: () => undefined,
    closed: closed.signal,
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  closed = new AbortController();
  const upload = { arrived: Promise.resolve("u1"), stop: vi.fn() };
  vi.mocked(FilmUpload).mockImplementation(() => upload as unknown as FilmUpload);
  vi.stubGlobal("MediaRecorder", FakeRecorder);
  window.scrollTo = vi.fn() as typeof window.scrollTo;
  document.body.innerHTML = PAGE;
  // Listeners are not removed by a signal either.
  const listen = EventTarget.prototype.addEventListener;
  vi.spyOn(EventTarget.prototype, "addEventListener").mockImplementation(function (
    this: EventTarget,
    ...[event, heard, options]: Parameters<typeof listen>
  ) {
    const known = typeof options === "object" ? { ...options, signal: undefined } : options;
    if (typeof known === "object") delete known.signal;
    listen.call(this, event, heard, known);
  });
  for (const [from, name] of NEWER) takeAway(from, name);
});
afterEach(() => {
  while (taken.length > 0) taken.pop()!();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function recorded() {
  const take = recordTake(SMILE, { by: "ready", advice: null, waited_s: 3 }, studio());
  await vi.advanceTimersByTimeAsync(3000);
  FakeRecorder.last.dispatchEvent(new Event("start"));
  FakeRecorder.last.chunk("film");
  return { take };
}

it("makes a take and delivers it in a browser of 2021", async () => {
  const receipt = { recording: "r", task: "smile", attempt: 1, sha256: "f00d", received: "" };
  vi.stubGlobal("fetch", async () => ({ status: 201, text: async () => JSON.stringify(receipt) }));
  const { take } = await recorded();
  await vi.advanceTimersByTimeAsync(12_000);
  const { delivery, broken } = await take;
  expect(broken).toBeNull();
  vi.useRealTimers();
  await vi.waitFor(() => expect(delivery!.state.kind).toBe("received"));
});

it("knows there why a take was broken off", async () => {
  const { take } = await recorded();
  await vi.advanceTimersByTimeAsync(2000);
  document.getElementById("stage-stop")!.click();
  await vi.advanceTimersByTimeAsync(1000);
  expect((await take).broken?.title).toBe("You stopped the film");
});

it("has a film's submission stopped there", async () => {
  const fetch = vi.fn().mockRejectedValue(new TypeError("network"));
  vi.stubGlobal("fetch", fetch);
  vi.useRealTimers();
  const delivery = new Delivery(SMILE, SETUP, () => undefined, null);
  delivery.begin("video/webm");
  delivery.add(new Blob(["film"]));
  const delivered = delivery.complete([], {});
  await vi.waitFor(() => expect(fetch).toHaveBeenCalled());
  delivery.cancel();
  window.dispatchEvent(new Event("online"));
  await delivered;
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(delivery.isSettled).toBe(true);
});
