// A replay as the server sends it: the face's outlines, frame by frame, as half-precision numbers.

export interface Outline {
  name: string;
  start: number;
  count: number;
  closed: boolean;
  round: boolean;
}

export interface Replay {
  /** Seconds since the film's first frame, one per frame. */
  times: Float32Array;
  /** x, y of `points` points per frame, in interocular distances; not numbers without a face. */
  values: Float32Array;
  points: number;
  /** Left, top, right and bottom of what is worth showing. */
  view: [number, number, number, number];
  outlines: Outline[];
}

interface Header {
  frames: number;
  points: number;
  view: [number, number, number, number];
  outlines: Outline[];
}

/** The number that 16 bits of IEEE 754 half precision mean. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Throws where the bytes are not those of a whole replay. */
export function parse(sent: ArrayBuffer): Replay {
  const bytes = new Uint8Array(sent);
  const end = bytes.indexOf(10) + 1;
  const { frames, points, view, outlines } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(0, end)),
  ) as Header;
  const data = new DataView(sent, end);
  const first = 4 * frames;
  const count = 2 * frames * points;
  if (data.byteLength !== first + 2 * count) throw new Error("the replay is not complete");
  return {
    times: Float32Array.from({ length: frames }, (_, i) => data.getFloat32(4 * i, true)),
    values: Float32Array.from({ length: count }, (_, i) => half(data.getUint16(first + 2 * i, true))),
    points,
    view,
    outlines,
  };
}

/** The number of the frame that is seen at `t` seconds: the last that has begun; -1 for none. */
export function frameAt(times: Float32Array, t: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= t + 1e-4) low = middle + 1;
    else high = middle;
  }
  return times.length > 0 ? Math.max(0, low - 1) : -1;
}
