import { describe, expect, it } from "vitest";
import { faceCrop, look, sharpness, type Face, type Picture } from "./looks";

const WIDTH = 320;
const HEIGHT = 180;
const FACE: Face = { left: 0.4, top: 0.25, width: 0.25, height: 0.5, points: [] };

/** A picture whose grey value is told for each pixel. */
function picture(grey: (x: number, y: number) => number, width = WIDTH, height = HEIGHT): Picture {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at += 1) {
    data.fill(grey(at % width, Math.floor(at / width)), at * 4, at * 4 + 3);
  }
  return { data, width, height };
}

function isInFace(x: number, y: number): boolean {
  const across = x / WIDTH - FACE.left;
  const down = y / HEIGHT - FACE.top;
  return across >= 0 && across < FACE.width && down >= 0 && down < FACE.height;
}

describe("a look", () => {
  it("measures the light of the face, not of the room", () => {
    const seen = look(picture((x, y) => (isInFace(x, y) ? 100 : 250)), [FACE]);
    expect(seen).toMatchObject({ faces: 1, height: 0.5, heightPx: 90, cutOff: false });
    expect(seen.luma).toBeCloseTo(100, 0);
    expect(seen.lightRatio).toBeCloseTo(1, 2);
  });

  it("without a face knows only how bright the picture is", () => {
    const nothing = { height: null, sharpness: null, lightRatio: null, yaw: null };
    expect(look(picture(() => 40), [])).toMatchObject({ faces: 0, cutOff: false, ...nothing });
    expect(look(picture(() => 40), []).luma).toBeCloseTo(40, 3);
  });

  it("compares the person's left half with the right: it is on the right of the picture", () => {
    const middle = (FACE.left + FACE.width / 2) * WIDTH;
    const seen = look(picture((x) => (x < middle ? 50 : 150)), [FACE]);
    expect(seen.lightRatio).toBeCloseTo(3, 1);
  });

  it("weighs the colours as the eye does", () => {
    const red = picture(() => 0);
    red.data.forEach((_, at) => at % 4 === 0 && (red.data[at] = 200));
    expect(look(red, [FACE]).luma).toBeCloseTo(0.299 * 200, 3);
  });

  it("takes the largest of several faces", () => {
    const far = { ...FACE, height: 0.1 };
    expect(look(picture(() => 90), [far, FACE])).toMatchObject({ faces: 2, height: 0.5 });
  });

  it.each([{ left: -0.02 }, { top: -0.02 }, { left: 0.8 }, { top: 0.6 }])(
    "sees that a face reaches out of the picture: %o",
    (place) => {
      expect(look(picture(() => 90), [{ ...FACE, ...place }]).cutOff).toBe(true);
    },
  );
});

describe("sharpness", () => {
  it("is the same in any light, and less when the picture is blurred", () => {
    const stripes = (bright: number, soft: number) =>
      look(picture((x) => 60 + bright * Math.tanh(Math.sin(x / 3) / soft)), [FACE]).sharpness!;
    expect(stripes(40, 0.1)).toBeCloseTo(stripes(20, 0.1), 1);
    expect(stripes(40, 0.1)).toBeGreaterThan(1.5 * stripes(40, 2));
  });

  it("is the variance of the Laplacian over that of the picture, with mirrored edges", () => {
    const checks = { data: new Float32Array([0, 8, 8, 0]), width: 2, height: 2 };
    // Every neighbour, mirrored at the edges, differs by 8: the Laplacian is 32, -32, -32, 32.
    expect(sharpness(checks)).toBe(32 ** 2 / 4 ** 2);
  });
});

describe("the crop of the face", () => {
  it("has at most 128 pixels a side, and each is the mean of what it covers", () => {
    const crop = faceCrop(picture((x) => (x % 2 ? 200 : 100), 640, 640), { ...FACE, height: 0.4 });
    expect([crop.width, crop.height]).toEqual([80, 128]);
    expect(Math.max(...crop.data)).toBeCloseTo(150, 0);
    expect(Math.min(...crop.data)).toBeCloseTo(150, 0);
  });
});
