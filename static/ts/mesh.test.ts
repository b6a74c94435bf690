import { beforeAll, describe, expect, it } from "vitest";
import { MeshFilm, outlined } from "./mesh";
import { frameAt, half, parse, type Replay } from "./mesh-data";

const HALVES = { "0": 0x0000, "1": 0x3c00, "-2": 0xc000, "0.5": 0x3800, "65504": 0x7bff };
const NOT_A_NUMBER = 0x7e00;

/** A sent replay of two points per frame. */
function sent(times: number[], points: number[]): ArrayBuffer {
  const outlines = [{ name: "lips", start: 0, count: 2, closed: true, round: false }];
  const header = { frames: times.length, points: 2, view: [-1, -1, 1, 1], outlines };
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const data = new DataView(new ArrayBuffer(line.length + 4 * times.length + 2 * points.length));
  line.forEach((byte, i) => data.setUint8(i, byte));
  times.forEach((t, i) => data.setFloat32(line.length + 4 * i, t, true));
  points.forEach((bits, i) => data.setUint16(line.length + 4 * times.length + 2 * i, bits, true));
  return data.buffer;
}

const { "0": zero, "1": one, "-2": minusTwo, "0.5": aHalf } = HALVES;

function replay(): Replay {
  const unseen = [NOT_A_NUMBER, NOT_A_NUMBER, NOT_A_NUMBER, NOT_A_NUMBER];
  return parse(sent([0, 0.5], [zero, aHalf, one, minusTwo, ...unseen]));
}

describe("half-precision numbers", () => {
  it.each(Object.entries(HALVES))("%s is read back", (value, bits) => {
    expect(half(bits)).toBe(Number(value));
  });

  it("may be very small, infinite or no number", () => {
    expect(half(0x0001)).toBe(2 ** -24);
    expect(half(0xfc00)).toBe(-Infinity);
    expect(half(NOT_A_NUMBER)).toBeNaN();
  });
});

describe("a sent replay", () => {
  it("has its times, points and outlines", () => {
    const { times, values, outlines } = replay();
    expect([...times]).toEqual([0, 0.5]);
    expect([...values.slice(0, 4)]).toEqual([0, 0.5, 1, -2]);
    expect(outlines[0]?.name).toBe("lips");
  });

  it("is refused where a part of it is missing", () => {
    const whole = sent([0], [zero, zero, one, one]);
    expect(() => parse(whole.slice(0, -2))).toThrow("not complete");
  });

  it("shows the last frame that has begun", () => {
    const times = Float32Array.from([0, 0.1, 0.2]);
    expect([-1, 0, 0.09, 0.1, 5].map((t) => frameAt(times, t))).toEqual([0, 0, 0, 1, 2]);
    expect(frameAt(new Float32Array(), 0)).toBe(-1);
  });

  it("is drawn as large as fits and in the middle", () => {
    const [lips] = outlined(replay(), 0, 400, 200) ?? [];
    expect(lips?.path).toEqual([[200, 150], [300, -100]]); // 100 pixels to the unit
  });

  it("has nothing to draw where no face was seen", () => {
    expect(outlined(replay(), 1, 400, 200)).toBeNull();
    expect(outlined(replay(), -1, 400, 200)).toBeNull();
  });
});

describe("a mesh that plays", () => {
  beforeAll(() => {
    globalThis.ResizeObserver = class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    };
    globalThis.matchMedia = () => new EventTarget() as MediaQueryList;
  });

  function film(): { mesh: MeshFilm; wait: (seconds: number) => void } {
    let now = 0;
    const mesh = new MeshFilm(document.createElement("canvas"), replay(), () => now);
    return { mesh, wait: (seconds) => void (now += 1000 * seconds) };
  }

  it("lasts until its last frame has been shown", () => {
    expect(film().mesh.duration).toBe(1);
  });

  it("goes on with time while it plays, at the speed asked for, and to the end at most", () => {
    const { mesh, wait } = film();
    mesh.play();
    wait(0.25);
    expect(mesh.currentTime).toBeCloseTo(0.25);
    mesh.playbackRate = 0.5;
    wait(0.5);
    expect(mesh.currentTime).toBeCloseTo(0.5);
    wait(9);
    expect(mesh.currentTime).toBe(1);
  });

  it("stands still when paused, and can be moved", () => {
    const { mesh, wait } = film();
    mesh.play();
    wait(0.25);
    mesh.pause();
    wait(5);
    expect(mesh.currentTime).toBeCloseTo(0.25);
    mesh.currentTime = 0.75;
    expect(mesh.currentTime).toBe(0.75);
    mesh.currentTime = -3;
    expect(mesh.currentTime).toBe(0);
  });
});
