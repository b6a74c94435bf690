import { describe, expect, it } from "vitest";
import type { Face, Picture } from "./looks";
import { Shake } from "./shake";

const FACE: Face = { left: 0.4, top: 0.3, width: 0.2, height: 0.5, points: [] };
const WIDTH = 640;
const HEIGHT = 360;

type Scene = (x: number, y: number) => number;

const room: Scene = (x, y) => 120 + 50 * Math.sin(x / 23) * Math.cos(y / 17) + 30 * Math.sin((x + y) / 41);

/** What the camera sees of a scene, with the noise of its sensor. */
function seen(scene: Scene, seed: number): Picture {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4).fill(255);
  let state = seed;
  for (let at = 0; at < WIDTH * HEIGHT; at += 1) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const noise = (6 * state) / 2147483648 - 3;
    data.fill(scene(at % WIDTH, Math.floor(at / WIDTH)) + noise, at * 4, at * 4 + 3);
  }
  return { data, width: WIDTH, height: HEIGHT };
}

/** Widths per second between two pictures a tenth of a second apart. */
function speed(before: Scene, after: Scene, face: Face | null = FACE): number | null {
  const shake = new Shake();
  expect(shake.see(seen(before, 1), face, 0)).toBeNull();
  return shake.see(seen(after, 2), face, 0.1);
}

const shifted =
  (scene: Scene, px: number): Scene =>
  (x, y) =>
    scene(x + px, y + px / 2);

describe("a moving camera", () => {
  it.each([1, 4, 8])("is as fast as the room goes by: %i px", (px) => {
    const moved = Math.hypot(px, px / 2) / WIDTH / 0.1;
    expect(speed(room, shifted(room, px))! / moved).toBeCloseTo(1, 0);
  });

  it("is not seen where only the noise differs", () => {
    expect(speed(room, room)).toBeLessThan(0.002);
  });

  it("cannot be told before a blank wall", () => {
    expect(speed(() => 100, () => 100)).toBeNull();
  });

  it("is not a lamp that goes on", () => {
    expect(speed(room, (x, y) => room(x, y) + 20)).toBeLessThan(0.002);
  });

  it("is not the person, who never holds still", () => {
    const person = (px: number): Scene => (x, y) => {
      const isPerson = y / HEIGHT > 0.8 || (Math.abs(x / WIDTH - 0.5) < 0.2 && y / HEIGHT > 0.2);
      return isPerson ? room(3 * x + px, 2 * y) : room(x, y);
    };
    expect(speed(person(0), person(30))).toBeLessThan(0.002);
  });

  it("is not somebody who walks by", () => {
    const walker = (from: number): Scene => (x, y) => (x > from && x < from + 60 ? 20 : room(x, y));
    expect(speed(walker(20), walker(40))).toBeLessThan(0.01);
  });

  it("cannot be told where the face fills the picture", () => {
    const near = { ...FACE, left: 0.2, width: 0.6, top: 0.1, height: 0.8 };
    expect(speed(room, shifted(room, 4), near)).toBeNull();
  });
});
