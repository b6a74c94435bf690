import { describe, expect, it } from "vitest";
import type { Face } from "./looks";
import { headPose } from "./pose";

/** Eyes, nose, mouth and ears of a head that looks ahead, in a square picture. */
const AHEAD = [
  [0.42, 0.4],
  [0.58, 0.4],
  [0.5, 0.5],
  [0.5, 0.6],
  [0.35, 0.4324],
  [0.65, 0.4324],
] as const;

function face(points: ReadonlyArray<readonly [number, number]>): Face {
  return { left: 0, top: 0, width: 1, height: 1, points: points.map(([x, y]) => ({ x, y })) };
}

function moved(which: readonly number[], dx: number, dy: number): Face {
  return face(AHEAD.map(([x, y], at) => (which.includes(at) ? [x + dx, y + dy] : [x, y])));
}

describe("the head's pose", () => {
  it("is zero for a head that looks ahead", () => {
    for (const degrees of Object.values(headPose(face(AHEAD), 1))) expect(degrees).toBeCloseTo(0, 5);
  });

  it("has yaw where the nose goes to the person's left, which is the picture's right", () => {
    expect(headPose(moved([2], 0.06, 0), 1).yaw).toBeGreaterThan(10);
    expect(headPose(moved([2], -0.06, 0), 1).yaw).toBeLessThan(-10);
  });

  it("has pitch upwards where the ears sink below the eyes", () => {
    expect(headPose(moved([4, 5], 0, 0.06), 1).pitch).toBeGreaterThan(15);
    expect(headPose(moved([4, 5], 0, -0.06), 1).pitch).toBeLessThan(-15);
  });

  it("has roll alone when the whole head is tilted, in pictures of any shape", () => {
    const turn = (20 * Math.PI) / 180;
    const tilted = AHEAD.map(([x, y]): [number, number] => {
      const [across, down] = [x - 0.5, y - 0.5];
      const right = across * Math.cos(turn) - down * Math.sin(turn);
      return [0.5 + right / 2, 0.5 + across * Math.sin(turn) + down * Math.cos(turn)];
    });
    const { yaw, pitch, roll } = headPose(face(tilted), 2);
    expect(roll).toBeCloseTo(20, 5);
    expect(yaw).toBeCloseTo(0, 5);
    expect(pitch).toBeCloseTo(0, 5);
  });

  it("is unknown without the six points", () => {
    expect(headPose(face([]), 1)).toEqual({ yaw: null, pitch: null, roll: null });
  });
});
