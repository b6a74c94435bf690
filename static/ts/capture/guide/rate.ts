// How many pictures the camera makes in a second, now.
import { FrameMeter, canCountFrames } from "../framerate";

const WINDOW_S = 1;

export class FrameRate {
  private meter: FrameMeter;
  private last: number | null = null;

  constructor(private readonly video: HTMLVideoElement) {
    this.meter = new FrameMeter(video).start();
  }

  /** Of the last full second, 0 where no picture came; null before, or where browsers do not tell. */
  now(): number | null {
    if (canCountFrames(this.video) && this.meter.silence >= WINDOW_S) return 0;
    const { seconds, fps } = this.meter.facts();
    if (seconds >= WINDOW_S) {
      this.last = fps;
      this.meter.stop();
      this.meter = new FrameMeter(this.video).start();
    }
    return this.last;
  }

  stop(): void {
    this.meter.stop();
  }
}
