// Watches the person before a film and gives one piece of advice at a time. Recording works
// without it: where the browser cannot look, the mode is "none" and nothing is ever asked for.
import { Adviser, type GuideState, type Rules, type Seen } from "./advice";
import { openDetector, type Detector } from "./detector";
import { Eye } from "./eye";
import { largest, look } from "./looks";
import { FrameRate } from "./rate";
import { Shake } from "./shake";

export type { Advice, GuideState } from "./advice";
export type GuideMode = "gpu" | "cpu" | "none";

export interface GuideSettings extends Rules {
  /** Address of the folder with the detector: static/dist/vision. */
  readonly assets: string;
}

export class Guide {
  private detector: Detector | null;
  private round = 0;
  private going = Promise.resolve();
  private looks = 0;
  private spentMs = 0;
  private lastTime = 0;
  private last: Seen | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly settings: GuideSettings,
    detector: Detector | null,
    private readonly eye: Pick<Eye, "picture">,
  ) {
    this.detector = detector;
  }

  /**
   * Never rejects: mode "none" where the browser cannot, or needs longer than 20 s. One per page.
   * May be called before the video has pictures. `quiet` resolves when the page may be kept busy.
   */
  static async open(
    video: HTMLVideoElement,
    settings: GuideSettings,
    quiet: () => Promise<void>,
  ): Promise<Guide> {
    const detector = await openDetector(settings.assets, quiet);
    return new Guide(video, settings, detector, new Eye(video, settings.live.picture_side!));
  }

  get mode(): GuideMode {
    return this.detector?.delegate ?? "none";
  }

  /** Looks from now on, and tells after each look. A new call replaces the listener and begins
   * anew. Where the guide fails meanwhile it says a last time that nothing blocks. */
  watch(listener: (state: GuideState) => void): void {
    this.rest();
    const round = this.round;
    // The detector is asked one question at a time: the round before ends first.
    this.going = this.going.then(() => this.go(round, listener));
  }

  rest(): void {
    this.round += 1;
  }

  facts(): Readonly<Record<string, unknown>> {
    const ms = this.looks > 0 ? rounded(this.spentMs / this.looks) : null;
    const thread = this.detector?.thread ?? null;
    const last = this.last && Object.fromEntries(Object.entries(this.last).map(shortened));
    return { mode: this.mode, thread, looks: this.looks, ms, last };
  }

  close(): void {
    this.rest();
    this.detector?.close();
    this.detector = null;
  }

  private async go(round: number, listener: (state: GuideState) => void): Promise<void> {
    const rate = new FrameRate(this.video);
    const shake = new Shake();
    const adviser = new Adviser(this.settings, seconds());
    try {
      while (round === this.round && this.detector) {
        const begun = performance.now();
        const seen = await this.see(this.detector, rate, shake);
        if (round !== this.round) break;
        if (seen) listener(adviser.note(seen, seconds()));
        await pause(this.settings.live.look_every_s! * 1000 - (performance.now() - begun));
      }
    } catch (error) {
      if (round !== this.round) return;
      console.warn("The live guidance stopped.", error);
      this.close();
      listener({ advice: null, ready: true });
    } finally {
      rate.stop();
    }
  }

  /** One look; null while the camera has no picture. */
  private async see(detector: Detector, rate: FrameRate, shake: Shake): Promise<Seen | null> {
    const taken = this.eye.picture();
    if (!taken) return null;
    const begun = performance.now();
    this.lastTime = Math.max(begun, this.lastTime + 1);
    const { faces, picture } = await detector.detect(taken, this.lastTime);
    const fps = rate.now();
    this.last = {
      ...look(picture, faces),
      fps: fps === null ? null : Math.round(fps), // 23.976 is meant to be 24
      motion: shake.see(picture, largest(faces), begun / 1000),
    };
    this.looks += 1;
    this.spentMs += performance.now() - begun;
    return this.last;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));
}

function seconds(): number {
  return performance.now() / 1000;
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}

function shortened([name, value]: [string, unknown]): [string, unknown] {
  return [name, typeof value === "number" ? rounded(value) : value];
}
