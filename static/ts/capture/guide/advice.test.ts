import { describe, expect, it } from "vitest";
import { Adviser, type GuideState, type Seen } from "./advice";
import { RULES } from "./fixtures";

const GOOD: Seen = {
  faces: 1,
  height: 0.45,
  heightPx: 162,
  cutOff: false,
  luma: 120,
  lightRatio: 1,
  sharpness: 0.1,
  yaw: 0,
  pitch: 0,
  roll: 0,
  fps: 30,
  motion: 0,
};
const EVERY_S = 0.1;

/** What is told after each of the looks, ten in a second. */
function told(looks: readonly Seen[]): GuideState[] {
  const adviser = new Adviser(RULES, 0);
  return looks.map((seen, at) => adviser.note(seen, at * EVERY_S));
}

function codes(looks: readonly Seen[]): Array<string | null> {
  return told(looks).map(({ advice }) => advice?.code ?? null);
}

function during(seconds: number, changes: Partial<Seen> = {}): Seen[] {
  return Array<Seen>(Math.round(seconds / EVERY_S)).fill({ ...GOOD, ...changes });
}

describe("advice", () => {
  it.each<[Partial<Seen>, string]>([
    [{ faces: 0, height: null }, "no_face"],
    [{ faces: 0, height: null, luma: 10 }, "too_dark_to_see"],
    [{ faces: 2 }, "two_faces"],
    [{ height: 0.1 }, "face_too_small"],
    [{ heightPx: 40 }, "face_too_small"],
    [{ fps: 10 }, "frame_rate_too_low"],
    [{ motion: 0.05 }, "camera_moves"],
    [{ cutOff: true }, "face_cut_off"],
    [{ height: 0.7 }, "face_large"],
    [{ height: 0.3 }, "face_small"],
    [{ luma: 30 }, "too_dark"],
    [{ luma: 230 }, "too_bright"],
    [{ lightRatio: 2.5 }, "uneven_light"],
    [{ lightRatio: 0.4 }, "uneven_light"],
    [{ yaw: -25 }, "head_turned"],
    [{ pitch: 25 }, "camera_low"],
    [{ pitch: -25 }, "head_bowed"],
    [{ roll: 20 }, "head_tilted"],
    [{ fps: 20 }, "low_frame_rate"],
    [{ sharpness: 0.01 }, "blurred"],
  ])("on %o is %s", (changes, code) => {
    expect(codes(during(2, changes)).at(-1)).toBe(code);
  });

  it("is not given on a good picture, nor on what nobody knows", () => {
    const unknown = { fps: null, motion: null, lightRatio: null, yaw: null, pitch: null, roll: null };
    expect(new Set(codes([...during(3), ...during(3, unknown)]))).toEqual(new Set([null]));
  });

  it("blocks for the count and size of faces and the frame rate alone", () => {
    const blocks = (changes: Partial<Seen>) => told(during(2, changes)).at(-1)!.advice!.blocks;
    expect([{ faces: 0 }, { faces: 2 }, { height: 0.1 }, { fps: 10 }].map(blocks)).not.toContain(false);
    expect([{ luma: 30 }, { yaw: 30 }, { motion: 1 }, { fps: 20 }, { sharpness: 0 }].map(blocks)).not.toContain(true);
  });

  it("is the most important one of several", () => {
    expect(codes(during(2, { luma: 30, faces: 2, yaw: 30 })).at(-1)).toBe("two_faces");
    expect(codes(during(2, { luma: 30, yaw: 30 })).at(-1)).toBe("too_dark");
  });

  it("says what to do", () => {
    const [state] = told(during(2, { lightRatio: 3 })).slice(-1);
    expect(state!.advice!.words).toBe("Turn so that the window is in front of you.");
  });
});

describe("advice without flicker", () => {
  const changesOf = (all: ReadonlyArray<string | null>) =>
    all.filter((code, at) => code !== (at > 0 ? all[at - 1] : null));

  it("waits until a fault has stood for a while", () => {
    const all = codes([...during(1), ...during(0.5, { luma: 30 }), ...during(2)]);
    expect(changesOf(all)).toEqual([]);
  });

  it("does not hear of single mistakes of the detector", () => {
    const looks = during(6).map((seen, at) => (at % 4 === 0 ? { ...seen, faces: 2 } : seen));
    expect(changesOf(codes(looks))).toEqual([]);
    expect(told(looks).at(-1)!.ready).toBe(true);
  });

  it("stays long enough to be read", () => {
    const all = codes([...during(1.3, { luma: 30 }), ...during(5)]);
    expect(changesOf(all)).toEqual(["too_dark", null]);
    const shown = all.filter((code) => code === "too_dark").length * EVERY_S;
    expect(shown).toBeGreaterThanOrEqual(RULES.live.advice_hold_s!);
  });

  it("does not come and go with a value that trembles about its limit", () => {
    const looks = during(20).map((seen, at) => ({ ...seen, luma: at % 10 < 5 ? 58 : 62 }));
    expect(changesOf(codes([...during(2, { luma: 55 }), ...looks]))).toEqual(["too_dark"]);
  });

  it("changes at most every few seconds while everything changes", () => {
    const looks = Array.from({ length: 30 }, (_, at) => during(1, at % 2 ? { luma: 30 } : { yaw: 40 }));
    const given = changesOf(codes(looks.flat())).filter((code) => code !== null);
    expect(given.length).toBeGreaterThan(1);
    expect(given.length).toBeLessThanOrEqual(30 / RULES.live.advice_hold_s!);
  });

  it("gives way at once to what blocks", () => {
    const all = codes([...during(1, { luma: 30 }), ...during(1.2, { faces: 2 })]);
    expect(changesOf(all)).toEqual(["too_dark", "two_faces"]);
  });
});

describe("readiness", () => {
  it("comes when nothing has blocked for a while, and not before", () => {
    const all = told(during(3)).map(({ ready }) => ready);
    expect(all.indexOf(true) * EVERY_S).toBeCloseTo(RULES.live.stable_s!, 1);
  });

  it("does not wait for what only advises: a head that trembles or stoops", () => {
    const looks = during(3).map((seen, at) => ({ ...seen, pitch: -25 + 10 * Math.sin(at), luma: 30 }));
    expect(told(looks).at(-1)).toMatchObject({ ready: true, advice: { blocks: false } });
  });

  it("begins anew after something has blocked, which is then not said any more", () => {
    const all = told([...during(3), ...during(1.2, { faces: 0 }), ...during(3)]);
    const after = all.slice(42);
    expect(all[41]).toMatchObject({ ready: false, advice: { code: "no_face" } });
    expect(after.slice(0, 10).some(({ ready }) => ready)).toBe(false);
    expect(after.at(-1)).toEqual({ ready: true, advice: null });
    expect(all.some(({ ready, advice }) => ready && advice?.blocks)).toBe(false);
  });
});
