import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GuideState } from "./advice";
import type { Detector } from "./detector";
import { RULES } from "./fixtures";
import { Guide } from "./guide";
import type { Face } from "./looks";

const vision = vi.hoisted(() => ({ open: vi.fn(() => Promise.reject(new Error("no vision"))) }));
vi.mock("./vision", () => ({ Vision: vision }));

const SETTINGS = { ...RULES, assets: "/static/dist/vision/" };
const FACE: Face = { left: 0.35, top: 0.25, width: 0.3, height: 0.5, points: [] };

let faces: readonly Face[];
let times: number[];
let guide: Guide;

function detector(detect?: Detector["detect"]): Detector {
  const seeing: Detector["detect"] = async (picture, time) => {
    times.push(time);
    return { faces, picture };
  };
  return { delegate: "cpu", thread: "worker", detect: detect ?? seeing, close: vi.fn() };
}

function grey(): ImageData {
  return { data: new Uint8ClampedArray(64 * 36 * 4).fill(120), width: 64, height: 36 } as ImageData;
}

function made(found: Detector | null, picture: () => ImageData | null = grey): Guide {
  guide = new Guide(document.createElement("video"), SETTINGS, found, { picture });
  return guide;
}

beforeEach(() => {
  vi.useFakeTimers();
  faces = [{ ...FACE }];
  times = [];
});

afterEach(() => {
  guide.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function after(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}

/** The states told from now on. */
function watched(): GuideState[] {
  const states: GuideState[] = [];
  guide.watch((state) => states.push(state));
  return states;
}

describe("the guide", () => {
  it("looks ten to fifteen times a second, each time later than before", async () => {
    made(detector());
    watched();
    await after(3);
    expect(times.length / 3).toBeGreaterThanOrEqual(10);
    expect(times.length / 3).toBeLessThanOrEqual(15);
    expect(times.every((time, at) => at === 0 || time > times[at - 1]!)).toBe(true);
  });

  it("waits for the first picture", async () => {
    let picture: ImageData | null = null;
    made(detector(), () => picture);
    const states = watched();
    await after(2);
    expect(states).toEqual([]);
    picture = grey();
    await after(0.2);
    expect(states.length).toBeGreaterThan(0);
  });

  it("is ready when nothing blocks, and begins anew with each listener", async () => {
    // 64 x 36 is too coarse a picture for any face: only the limit of pixels is left out here.
    const thresholds = { ...RULES.thresholds, face_height_px_usable: 0 };
    guide = new Guide(document.createElement("video"), { ...SETTINGS, thresholds }, detector(), {
      picture: grey,
    });
    const first = watched();
    await after(2);
    expect(first.at(-1)!.ready).toBe(true);
    const told = first.length;
    const second = watched();
    await after(1);
    expect(first.length).toBe(told);
    expect(second.at(-1)!.ready).toBe(false);
    await after(1);
    expect(second.at(-1)!.ready).toBe(true);
  });

  it("tells that there is no face", async () => {
    made(detector());
    faces = [];
    const states = watched();
    await after(2);
    expect(states.at(-1)).toMatchObject({ ready: false, advice: { code: "no_face", blocks: true } });
  });

  it("rests when told to", async () => {
    made(detector());
    watched();
    await after(1);
    guide.rest();
    await after(0.2);
    const looks = times.length;
    await after(2);
    expect(times.length).toBe(looks);
  });

  it("never asks the detector two things at once", async () => {
    let open = 0;
    let most = 0;
    made(
      detector(async (picture) => {
        most = Math.max(most, (open += 1));
        await new Promise((resolve) => setTimeout(resolve, 300));
        open -= 1;
        return { faces: [], picture };
      }),
    );
    watched();
    await after(0.1);
    watched();
    await after(2);
    expect(most).toBe(1);
  });

  it("lets the film begin when the detector fails meanwhile", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const broken = detector(() => Promise.reject(new Error("lost the graphics card")));
    made(broken);
    const states = watched();
    await after(1);
    expect(states).toEqual([{ advice: null, ready: true }]);
    expect(guide.mode).toBe("none");
    expect(broken.close).toHaveBeenCalledOnce();
  });

  it("says nothing where there is no detector", async () => {
    made(null);
    const states = watched();
    await after(3);
    expect(states).toEqual([]);
    expect(guide.facts()).toMatchObject({ mode: "none", looks: 0, ms: null, last: null });
  });

  it("tells what it measured last", async () => {
    made(detector());
    watched();
    await after(1);
    const { mode, thread, last } = guide.facts();
    expect([mode, thread]).toEqual(["cpu", "worker"]);
    expect(last).toMatchObject({ faces: 1, height: 0.5, luma: 120, fps: null });
  });

  it("goes without a detector that takes too long to open", async () => {
    vi.spyOn(console, "info").mockImplementation(() => undefined);
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
    const terminate = vi.fn();
    vi.stubGlobal("Worker", class {
      postMessage = () => undefined;
      terminate = terminate;
    });
    const opening = Guide.open(document.createElement("video"), SETTINGS, async () => undefined);
    await after(20);
    vi.unstubAllGlobals();
    guide = await opening;
    expect(guide.mode).toBe("none");
    expect(terminate).toHaveBeenCalledOnce();
  });

  it("does not keep the page busy while a film is made", async () => {
    vi.spyOn(console, "info").mockImplementation(() => undefined);
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
    vi.stubGlobal("Worker", undefined);
    const opening = Guide.open(document.createElement("video"), SETTINGS, () => new Promise(() => undefined));
    await after(20);
    vi.unstubAllGlobals();
    guide = await opening;
    expect(vision.open).not.toHaveBeenCalled();
    expect(guide.mode).toBe("none");
  });
});
