// How many pictures the camera makes in a second, now.
import { FrameMeter } from "../framerate";

const WINDOW_S = 1;

export class FrameRate {
  private meter: FrameMeter;
  private last: number | null = null;

  constructor(private readonly video: HTMLVideoElement) {
    this.meter = new FrameMeter(video).start();
  }

  /** Of the last full second; null before, or where browsers do not tell. */
  now(): number | null {
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
