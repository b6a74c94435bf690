// A camera that is held in the hand: the room behind the person moves, all of it at once. A film
// made at arm's length has 0.01 to 0.04 widths per second, one of a camera that stands 0.000.
import { smallGrey, type Face, type Grey, type Picture } from "./looks";

const COLUMNS = 80;
const LEAST_SHARE = 0.05; // of the picture, that a side of the room must fill
const TEXTURE = 1; // squared grey levels per cell that noise makes of a blank wall
const LEAST_EXPLAINED = 0.3; // of what changed: less is something in the room that moves
const PERSON_WIDTHS = 0.75; // of the face, to either side, that hair and shoulders take
const HAIR_HEIGHTS = 0.6;

/** Compares each picture with the one before. */
export class Shake {
  private before: { readonly grey: Grey; readonly time: number } | null = null;

  /** How fast the camera moves, in widths of the picture per second; null where no room is seen. */
  see(picture: Picture, face: Face | null, time: number): number | null {
    const grey = smallGrey(picture, COLUMNS);
    const before = this.before;
    this.before = { grey, time };
    if (!before || before.grey.height !== grey.height || time <= before.time) return null;
    const shift = shiftOfRoom(before.grey, grey, face);
    return shift === null ? null : shift / COLUMNS / (time - before.time);
  }
}

/** Slope to the right, slope downwards, and change since the picture before, of one cell. */
type Cell = [number, number, number];

/** How far the room moved, in cells. When only one side of it moves, somebody walks there. */
function shiftOfRoom(before: Grey, after: Grey, face: Face | null): number | null {
  const middle = face ? face.left + face.width / 2 : 0.5;
  const sides: [Cell[], Cell[]] = [[], []];
  const { width, height } = after;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      if (face && isPerson(face, x / width, y / height)) continue;
      const at = y * width + x;
      sides[x / width < middle ? 0 : 1].push([
        slope(before, after, at, 1),
        slope(before, after, at, width),
        after.data[at]! - before.data[at]!,
      ]);
    }
  }
  const shifts = sides
    .filter((cells) => cells.length >= LEAST_SHARE * width * height)
    .map(shiftOf)
    .filter((shift) => shift !== null);
  return shifts.length > 0 ? Math.min(...shifts) : null;
}

/** The length of the one shift that explains best what changed; null where all is blank. */
function shiftOf(cells: Cell[]): number | null {
  // A lamp or the camera's own exposure changes everything evenly: means do not count.
  for (const column of [0, 1, 2] as const) {
    const mean = cells.reduce((sum, cell) => sum + cell[column], 0) / cells.length;
    for (const cell of cells) cell[column] -= mean;
  }
  const sum = (one: 0 | 1 | 2, other: 0 | 1 | 2) =>
    cells.reduce((total, cell) => total + cell[one] * cell[other], 0);
  const noise = TEXTURE * cells.length;
  const [xx, yy, xy] = [sum(0, 0) + noise, sum(1, 1) + noise, sum(0, 1)];
  const [xt, yt] = [sum(0, 2), sum(1, 2)];
  if (xx + yy < 4 * noise) return null;
  const determinant = xx * yy - xy * xy;
  const dx = (xy * yt - yy * xt) / determinant;
  const dy = (xy * xt - xx * yt) / determinant;
  const left = cells.reduce((all, [gx, gy, change]) => all + (change + gx * dx + gy * dy) ** 2, 0);
  const explained = 1 - left / Math.max(sum(2, 2), 1e-6);
  return explained < LEAST_EXPLAINED ? 0 : Math.hypot(dx, dy);
}

/** Change of brightness from one cell to the next, `step` apart in the data, midway in time. */
function slope(before: Grey, after: Grey, at: number, step: number): number {
  const both = (place: number) => before.data[place]! + after.data[place]!;
  return (both(at + step) - both(at - step)) / 4;
}

function isPerson(face: Face, x: number, y: number): boolean {
  if (y > face.top + face.height) return true;
  const aside = PERSON_WIDTHS * face.width;
  const isBeside = x > face.left - aside && x < face.left + face.width + aside;
  return isBeside && y > face.top - HAIR_HEIGHTS * face.height;
}
