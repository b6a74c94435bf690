// What one picture of the camera tells: faces, their size, light and sharpness, measured as the
// server does in diagnosis/looks.py. Two things differ. The picture comes from the camera and has
// not been through an encoder, which makes it a little sharper. And whether the face is cut off is
// told by the detector's box, not by a mesh.
import { headPose, type Pose } from "./pose";

/** In shares of the picture's width and height. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A detected face, brows to chin, in shares of the picture. Left and right are the picture's. */
export interface Face {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The person's right eye, left eye, nose tip, mouth, right ear, left ear. */
  readonly points: readonly Point[];
}

/** Red, green, blue and alpha of each pixel, row by row, 0-255. */
export type Picture = Pick<ImageData, "data" | "width" | "height">;

/** Values in grey, 0-255, row by row. */
export interface Grey {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** The largest face; null where it cannot be known. */
export interface Look extends Pose {
  readonly faces: number;
  /** Of the picture's height. */
  readonly height: number | null;
  readonly heightPx: number | null;
  readonly cutOff: boolean;
  /** Mean brightness of the face, or of the picture where there is none, 0-255. */
  readonly luma: number;
  /** The person's left half over the right half. */
  readonly lightRatio: number | null;
  readonly sharpness: number | null;
}

const CROP_SIDE = 128; // px
const SMALLEST_CROP = 8; // px

export function look(picture: Picture, faces: readonly Face[]): Look {
  const face = largest(faces);
  if (!face) {
    const nothing = { height: null, heightPx: null, lightRatio: null, sharpness: null };
    const luma = mean(greyOf(picture, 0, 0, picture.width, picture.height, 4).data);
    return { faces: 0, ...nothing, cutOff: false, luma, yaw: null, pitch: null, roll: null };
  }
  const crop = faceCrop(picture, face);
  const [right, left] = halves(crop);
  return {
    faces: faces.length,
    height: face.height,
    heightPx: face.height * picture.height,
    cutOff: isCutOff(face),
    luma: mean(crop.data),
    lightRatio: Math.max(left, 1) / Math.max(right, 1),
    sharpness: sharpness(crop),
    ...headPose(face, picture.width / picture.height),
  };
}

export function largest(faces: readonly Face[]): Face | null {
  return faces.reduce<Face | null>((best, one) => (best && best.height >= one.height ? best : one), null);
}

/** The face in grey, reduced to at most 128 px a side. */
export function faceCrop(picture: Picture, face: Face): Grey {
  const { width, height } = picture;
  const left = Math.max(0, Math.trunc(face.left * width));
  const top = Math.max(0, Math.trunc(face.top * height));
  const right = Math.max(Math.trunc((face.left + face.width) * width), left + SMALLEST_CROP);
  const bottom = Math.max(Math.trunc((face.top + face.height) * height), top + SMALLEST_CROP);
  const crop = greyOf(picture, left, top, Math.min(width, right), Math.min(height, bottom), 1);
  const scale = Math.min(1, CROP_SIDE / Math.max(crop.width, crop.height));
  return reduced(crop, Math.round(crop.width * scale), Math.round(crop.height * scale));
}

/** Variance of the Laplacian as a share of the picture's own variance: light cancels out. */
export function sharpness({ data, width, height }: Grey): number {
  const edges = new Float32Array(data.length);
  const mirrored = (at: number, size: number) => (at < 0 ? -at : at < size ? at : 2 * size - 2 - at);
  for (let y = 0; y < height; y += 1) {
    const above = mirrored(y - 1, height) * width;
    const below = mirrored(y + 1, height) * width;
    for (let x = 0; x < width; x += 1) {
      const here = y * width + x;
      const left = y * width + mirrored(x - 1, width);
      const right = y * width + mirrored(x + 1, width);
      edges[here] =
        data[left]! + data[right]! + data[above + x]! + data[below + x]! - 4 * data[here]!;
    }
  }
  return variance(edges) / Math.max(variance(data), 1);
}

/** A part of the picture in grey; `step` takes only each so many pixels. */
function greyOf(
  { data, width }: Picture,
  left: number,
  top: number,
  right: number,
  bottom: number,
  step: number,
): Grey {
  const columns = Math.max(0, Math.ceil((right - left) / step));
  const rows = Math.max(0, Math.ceil((bottom - top) / step));
  const grey = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const at = ((top + y * step) * width + left + x * step) * 4;
      grey[y * columns + x] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    }
  }
  return { data: grey, width: columns, height: rows };
}

/** The whole picture in grey, `columns` wide, from every other pixel. */
export function smallGrey(picture: Picture, columns: number): Grey {
  const grey = greyOf(picture, 0, 0, picture.width, picture.height, 2);
  return reduced(grey, columns, Math.round((columns * picture.height) / picture.width));
}

/** Each new pixel is the mean of the area that it covers. */
function reduced(grey: Grey, width: number, height: number): Grey {
  if (width === grey.width && height === grey.height) return grey;
  return turned(shrunk(turned(shrunk(grey, width)), height));
}

function shrunk({ data, width, height }: Grey, columns: number): Grey {
  const scale = width / columns;
  const small = new Float32Array(columns * height);
  for (let x = 0; x < columns; x += 1) {
    const from = x * scale;
    const to = Math.min(width, from + scale);
    for (let column = Math.floor(from); column < to; column += 1) {
      const share = (Math.min(to, column + 1) - Math.max(from, column)) / scale;
      for (let y = 0; y < height; y += 1) {
        small[y * columns + x] = small[y * columns + x]! + share * data[y * width + column]!;
      }
    }
  }
  return { data: small, width: columns, height };
}

/** Rows become columns. */
function turned({ data, width, height }: Grey): Grey {
  const other = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) other[x * height + y] = data[y * width + x]!;
  }
  return { data: other, width: height, height: width };
}

/** Mean brightness of the picture's left half, which is the person's right, and of the other. */
function halves({ data, width, height }: Grey): [number, number] {
  const middle = Math.ceil(width / 2);
  const sums = [0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) sums[x < middle ? 0 : 1]! += data[y * width + x]!;
  }
  return [sums[0]! / (middle * height), sums[1]! / ((width - middle) * height)];
}

function isCutOff({ left, top, width, height }: Face): boolean {
  return left < 0 || top < 0 || left + width > 1 || top + height > 1;
}

function mean(values: Float32Array): number {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
}

function variance(values: Float32Array): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(values.length, 1);
}
