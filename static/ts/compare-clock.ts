// Films in step: one clock for all, at zero when each film's own cue sounds.

/** What shows a take: a video element, or a mesh on a canvas. */
export interface Source {
  currentTime: number;
  playbackRate: number;
  /** Seconds; not a number while nothing is loaded. */
  readonly duration: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly readyState: number;
  play(): Promise<void> | void;
  pause(): void;
}

export interface Side {
  /** null: there is nothing to show of this side. */
  source: Source | null;
  /** The film's time, in seconds, at which the clock is at zero. */
  zero: number;
}

/** Seconds that a film may be off before its speed is corrected. */
export const TOLERANCE = 0.04;
/** Seconds off from which a jump disturbs less than a change of speed. */
const JUMP = 0.3;
const GAIN = 2;
const MOST_CORRECTION = 0.25;
/** Films round the times that they are given. */
const EXACT = 0.005;
const CAN_PLAY_ON = 3; // HTMLMediaElement.HAVE_FUTURE_DATA
const LAST_FRAMES = 0.15; // seconds before the end, where no film promises that it can play on

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The speed at which a film that is `drift` seconds ahead is soon in step again. */
export function correction(drift: number): number {
  if (Math.abs(drift) <= TOLERANCE) return 1;
  return 1 - clamp(GAIN * drift, -MOST_CORRECTION, MOST_CORRECTION);
}

export class Clock {
  time = 0;
  playing = false;
  private last: number | null = null;

  constructor(readonly sides: readonly Side[]) {}

  /** From the first to the last moment of any film; they need not be equally long. */
  get span(): [number, number] {
    const known = this.loaded();
    const ends = known.map(({ source, zero }) => source.duration - zero);
    return [Math.min(0, ...known.map(({ zero }) => -zero)), Math.max(0, ...ends)];
  }

  play(): void {
    if (this.time >= this.span[1] - EXACT) this.time = this.span[0];
    this.playing = true;
    this.last = null;
  }

  pause(): void {
    this.playing = false;
  }

  seek(time: number): void {
    const [start, end] = this.span;
    this.time = end > start ? clamp(time, start, end) : time;
    this.last = null;
  }

  /** Brings all films to where they should be at `now` milliseconds; false once nothing moves. */
  tick(now: number): boolean {
    const waiting = this.playing && this.loaded().some((side) => this.waits(side));
    if (this.playing && !waiting) this.advance(now);
    this.last = now;
    for (const side of this.loaded()) this.lead(side, waiting);
    return this.playing || !this.loaded().every((side) => this.settled(side));
  }

  private advance(now: number): void {
    const end = this.span[1];
    this.time += this.last === null ? 0 : (now - this.last) / 1000;
    if (this.time < end) return;
    this.time = end;
    this.playing = false;
  }

  private loaded(): { source: Source; zero: number }[] {
    return this.sides.flatMap(({ source, zero }) =>
      source !== null && Number.isFinite(source.duration) ? [{ source, zero }] : [],
    );
  }

  private runs({ source, zero }: { source: Source; zero: number }): boolean {
    const at = this.time + zero;
    return this.playing && at >= 0 && at < source.duration - LAST_FRAMES;
  }

  /** All wait for a film whose pictures have not come yet. */
  private waits(side: { source: Source; zero: number }): boolean {
    return this.runs(side) && (side.source.seeking || side.source.readyState < CAN_PLAY_ON);
  }

  private target({ source, zero }: { source: Source; zero: number }): number {
    return clamp(this.time + zero, 0, source.duration);
  }

  private settled(side: { source: Source; zero: number }): boolean {
    return !side.source.seeking && Math.abs(side.source.currentTime - this.target(side)) <= EXACT;
  }

  private lead(side: { source: Source; zero: number }, waiting: boolean): void {
    const { source } = side;
    if (!this.runs(side) || (waiting && !this.waits(side))) {
      if (!source.paused) source.pause();
      if (!source.seeking && !this.settled(side)) source.currentTime = this.target(side);
      return;
    }
    if (source.paused) void source.play();
    if (waiting || source.seeking) return;
    const drift = source.currentTime - this.target(side);
    if (Math.abs(drift) > JUMP) source.currentTime = this.target(side);
    else if (source.playbackRate !== correction(drift)) source.playbackRate = correction(drift);
  }
}
