// The camera's real frame rate, from the frames themselves: headers and settings do not tell it.

export interface FrameFacts {
  readonly frames: number;
  readonly seconds: number;
  /** null where the browser does not tell of single frames. */
  readonly fps: number | null;
  /** How many intervals between frames were so many milliseconds long, in steps of 5 ms. */
  readonly intervals: Readonly<Record<string, number>>;
}

const STEP_MS = 5;

interface Seen {
  readonly time: number; // seconds of the stream
  readonly count: number; // frames presented so far
}

export function canCountFrames(video: HTMLVideoElement): boolean {
  return "requestVideoFrameCallback" in video;
}

/** Counts a video element's frames from `start` to `stop`. */
export class FrameMeter {
  private first: Seen | null = null;
  private last: Seen | null = null;
  private readonly intervals: Record<string, number> = {};
  private handle = 0;
  private seenAt = 0;

  constructor(private readonly video: HTMLVideoElement) {}

  start(): this {
    this.seenAt = performance.now();
    if (canCountFrames(this.video)) this.next();
    return this;
  }

  stop(): FrameFacts {
    if (this.handle) this.video.cancelVideoFrameCallback(this.handle);
    return this.facts();
  }

  /** Seconds since the last frame, or since the start where none has come. */
  get silence(): number {
    return (performance.now() - this.seenAt) / 1000;
  }

  facts(): FrameFacts {
    const frames = this.first && this.last ? this.last.count - this.first.count : 0;
    const seconds = this.first && this.last ? this.last.time - this.first.time : 0;
    return {
      frames,
      seconds: Number(seconds.toFixed(3)),
      fps: seconds > 0 ? Number((frames / seconds).toFixed(2)) : null,
      intervals: { ...this.intervals },
    };
  }

  private next(): void {
    this.handle = this.video.requestVideoFrameCallback((_now, frame) => {
      this.note({ time: frame.mediaTime, count: frame.presentedFrames });
      this.next();
    });
  }

  private note(seen: Seen): void {
    if (this.last && seen.count > this.last.count && seen.time > this.last.time) {
      // A busy page misses callbacks: the frames in between share the time that has passed.
      const passed = seen.count - this.last.count;
      const each = ((seen.time - this.last.time) * 1000) / passed;
      const step = String(Math.round(each / STEP_MS) * STEP_MS);
      this.intervals[step] = (this.intervals[step] ?? 0) + passed;
    }
    this.seenAt = performance.now();
    this.first ??= seen;
    this.last = seen;
  }
}
