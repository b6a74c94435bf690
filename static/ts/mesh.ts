// A mesh on a canvas that plays as a video does: the same take without its face.

import type { Source } from "./compare-clock";
import { frameAt, parse, type Outline, type Replay } from "./mesh-data";
import { onSchemeChange, theme } from "./theme";

const UNSEEN = "No face was seen here";
const LOADED = 4; // HTMLMediaElement.HAVE_ENOUGH_DATA
const LINE = 2; // CSS pixels

export async function load(address: string): Promise<Replay> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status}`);
  return parse(await response.arrayBuffer());
}

export class MeshFilm implements Source {
  readonly seeking = false;
  readonly readyState = LOADED;
  paused = true;
  private rate = 1;
  private at = 0;
  private since = 0;
  private readonly end: number;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly replay: Replay,
    private readonly now: () => number = () => performance.now(),
  ) {
    const { times } = replay;
    const step = times.length > 1 ? (times[times.length - 1] ?? 0) / (times.length - 1) : 0;
    this.end = (times[times.length - 1] ?? 0) + step;
    new ResizeObserver(() => this.draw()).observe(canvas);
    onSchemeChange(() => this.draw());
  }

  get duration(): number {
    return this.end;
  }

  get currentTime(): number {
    const gone = this.paused ? 0 : ((this.now() - this.since) / 1000) * this.rate;
    return Math.min(this.at + gone, this.end);
  }

  set currentTime(t: number) {
    this.at = Math.min(Math.max(t, 0), this.end);
    this.since = this.now();
    this.draw();
  }

  get playbackRate(): number {
    return this.rate;
  }

  set playbackRate(rate: number) {
    this.currentTime = this.currentTime; // what has gone by went at the speed of before
    this.rate = rate;
  }

  play(): void {
    if (!this.paused) return;
    this.since = this.now();
    this.paused = false;
    const next = (): void => {
      if (this.paused) return;
      this.draw();
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  pause(): void {
    this.at = this.currentTime;
    this.paused = true;
    this.draw();
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const context = width > 0 ? this.canvas.getContext("2d") : null;
    if (context === null) return;
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    const { ink, accent, soft, font } = theme();
    const frame = frameAt(this.replay.times, this.currentTime);
    const points = outlined(this.replay, frame, width, height);
    if (points === null) {
      context.fillStyle = soft;
      context.font = `16px ${font}`;
      context.textAlign = "center";
      context.fillText(UNSEEN, width / 2, height / 2);
      return;
    }
    context.lineWidth = LINE;
    context.lineJoin = "round";
    for (const { outline, path } of points.filter(({ outline }) => !outline.round)) {
      context.strokeStyle = ink;
      stroke(context, outline, path);
    }
    for (const { outline, path } of points.filter(({ outline }) => outline.round)) {
      const lids = points.find((each) => each.outline.name === outline.name.replace("iris", "eye"));
      context.strokeStyle = accent;
      within(context, lids?.path ?? [], () => stroke(context, outline, path));
    }
  }
}

type Point = [number, number];

/** The frame's outlines in the pixels of a box, in which they are as large as fits; null unseen. */
export function outlined(
  { values, points, view, outlines }: Replay,
  frame: number,
  width: number,
  height: number,
): { outline: Outline; path: Point[] }[] | null {
  const start = 2 * frame * points;
  if (frame < 0 || !Number.isFinite(values[start])) return null;
  const [left, top, right, bottom] = view;
  const scale = Math.min(width / (right - left), height / (bottom - top));
  const x0 = width / 2 - (scale * (left + right)) / 2;
  const y0 = height / 2 - (scale * (top + bottom)) / 2;
  const point = (i: number): Point => [
    x0 + scale * (values[start + 2 * i] ?? NaN),
    y0 + scale * (values[start + 2 * i + 1] ?? NaN),
  ];
  return outlines.map((outline) => ({
    outline,
    path: Array.from({ length: outline.count }, (_, i) => point(outline.start + i)),
  }));
}

function follow(context: CanvasRenderingContext2D, path: Point[]): void {
  context.beginPath();
  path.forEach(([x, y]) => context.lineTo(x, y));
}

/** What `drawn` draws is seen between the lids only. */
function within(context: CanvasRenderingContext2D, lids: Point[], drawn: () => void): void {
  context.save();
  follow(context, lids);
  context.clip();
  drawn();
  context.restore();
}

function stroke(context: CanvasRenderingContext2D, outline: Outline, path: Point[]): void {
  follow(context, path);
  if (outline.closed) context.closePath();
  if (outline.round) {
    const mean = (axis: 0 | 1): number => path.reduce((sum, at) => sum + at[axis], 0) / path.length;
    const [x, y] = [mean(0), mean(1)];
    const radii = path.map((at) => Math.hypot(at[0] - x, at[1] - y));
    context.beginPath();
    context.arc(x, y, Math.max(...radii), 0, 2 * Math.PI);
  }
  context.stroke();
}
