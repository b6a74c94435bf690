// Where the head looks, roughly, from the six points of a detected face. On real faces that look
// within 20 degrees of the camera it differs from the server's mesh by 3.6 degrees in yaw, 2.8 in
// pitch and 2.4 in roll (RMS); beyond 20 degrees yaw is told too small.
import type { Face } from "./looks";

/** Degrees; yaw is positive towards the person's left, pitch upwards, roll to the left shoulder. */
export interface Pose {
  readonly yaw: number | null;
  readonly pitch: number | null;
  readonly roll: number | null;
}

const DEGREES = 180 / Math.PI;
// In widths between the ears, fitted to the server's mesh.
const TURN_PER_SHIFT = 1.4; // tangent of yaw, for the nose beside the middle of the ears
const EARS_BELOW_EYES = 0.108; // of a head that looks ahead
const PITCH_PER_DROP = 107; // degrees

/** `aspect` is the picture's width over its height. */
export function headPose({ points }: Face, aspect: number): Pose {
  if (points.length < 6) return { yaw: null, pitch: null, roll: null };
  const [rightEye, leftEye, nose, , rightEar, leftEar] = points.map(({ x, y }) => [x * aspect, y]);
  const across = minus(leftEye!, rightEye!);
  const size = Math.hypot(...across);
  const [x, y] = [across[0]! / size, across[1]! / size];
  const along = (way: number[]) => way[0]! * x + way[1]! * y;
  const down = (way: number[]) => way[1]! * x - way[0]! * y;
  const ears = middle(rightEar!, leftEar!);
  const width = Math.max(along(minus(leftEar!, rightEar!)), 1e-6);
  const drop = down(minus(ears, middle(rightEye!, leftEye!))) / width;
  return {
    yaw: Math.atan((TURN_PER_SHIFT * along(minus(nose!, ears))) / width) * DEGREES,
    pitch: (drop - EARS_BELOW_EYES) * PITCH_PER_DROP,
    roll: Math.atan2(y, x) * DEGREES,
  };
}

function minus(one: number[], other: number[]): number[] {
  return [one[0]! - other[0]!, one[1]! - other[1]!];
}

function middle(one: number[], other: number[]): number[] {
  return [(one[0]! + other[0]!) / 2, (one[1]! + other[1]!) / 2];
}
