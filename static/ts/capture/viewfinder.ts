// The open camera: asked for once, looked at until it sends pictures, shown while it is set up.
import { AudioBeeper, NOW_HZ } from "./beep";
import { closeCamera, isLive, openCamera } from "./camera";
import { NoPictures, PictureRefused, namedError } from "./errors";
import { FrameMeter, canCountFrames } from "./framerate";
import { Guide } from "./guide/guide";
import { element, type Screen } from "./screen";
import type { GuideSettings } from "./guide/guide";
import type { ReadAloud } from "./speech";
import { t } from "./translate";
import { stayAwake } from "./wake";

const LOOK_MS = 1500;
const LOOKS = 5; // some cameras need seconds before their first picture
const FRAMES_NEEDED = 8;
const PICTURE_MS = 2000;

export class Viewfinder {
  readonly video = element<HTMLVideoElement>("preview");
  beeper: AudioBeeper | null = null;
  guide: Guide | null = null;
  private stream: MediaStream | null = null;
  private opening: Promise<Guide> | null = null;

  /** `setUp` shows the panel "setup" until the person is well in the picture. */
  constructor(
    private readonly settings: GuideSettings,
    private readonly screen: Screen,
    private readonly aloud: ReadAloud,
    private readonly setUp: (stream: MediaStream) => Promise<void>,
  ) {}

  /** The camera, open and set up; asks until it is. null: the device's own camera films instead. */
  async ready(): Promise<MediaStream | null> {
    if (isLive(this.stream) && (await this.shows(this.stream))) return this.stream;
    if (!this.beeper) await this.begin();
    for (;;) {
      try {
        const stream = await this.open();
        await this.setUp(stream);
        if (isLive(stream)) return stream;
      } catch (error) {
        if ((await this.explain(error)) === "by-hand") return null;
      } finally {
        this.video.classList.add("preview--parked");
      }
    }
  }

  /** The camera's light goes out and nothing is watched; both begin again when they are needed. */
  close(): void {
    this.closeStream();
    this.guide?.close();
    this.guide = null;
    this.opening = null;
  }

  private closeStream(): void {
    if (this.stream) closeCamera(this.stream);
    this.stream = null;
  }

  /** Whether the open camera still sends pictures: phones let it sleep, some never wake it. */
  private async shows(stream: MediaStream): Promise<boolean> {
    try {
      await this.play();
    } catch {
      return false;
    }
    if (!canCountFrames(this.video)) return !stream.getVideoTracks()[0]?.muted;
    return new Promise((resolve) => {
      this.video.requestVideoFrameCallback(() => resolve(true));
      setTimeout(() => resolve(false), PICTURE_MS);
    });
  }

  private async play(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      console.warn("The picture does not play.", error);
      throw new PictureRefused();
    }
  }

  /** The first tap: browsers let no page sound or speak before. */
  private async begin(): Promise<void> {
    await this.screen.ask("camera");
    this.beeper = new AudioBeeper();
    void this.aloud.speaker?.say("");
    await this.beeper.wake();
    void stayAwake();
  }

  private async open(): Promise<MediaStream> {
    this.closeStream();
    const stream = await openCamera();
    this.stream = stream;
    this.video.srcObject = stream;
    this.screen.open("setup");
    this.screen.offerStart(null);
    this.screen.advise(t("Looking at your camera …"));
    this.video.classList.remove("preview--parked");
    await this.play();
    this.openGuide();
    await this.look();
    await this.tryBeep();
    return stream;
  }

  private async tryBeep(): Promise<void> {
    const { beeper, screen } = this;
    const words = beeper?.canSound
      ? t("You should hear a beep. If not, turn the sound up.")
      : t("This browser cannot beep. Watch the screen: it tells you when to begin and when to relax.");
    screen.write("sound-words", words);
    await beeper?.wake();
    beeper?.at(performance.now(), NOW_HZ);
  }

  private openGuide(): void {
    if (this.opening) return;
    const opening = Guide.open(this.video, this.settings, () => this.screen.stageClosed());
    this.opening = opening;
    void opening.then((guide) => {
      if (this.opening === opening) this.guide = guide;
      else guide.close();
    });
  }

  /** Live pictures or NoPictures. */
  private async look(): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const meter = new FrameMeter(this.video).start();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (meter.stop().frames >= FRAMES_NEEDED || !canCountFrames(this.video)) return;
    }
    throw new NoPictures();
  }

  private async explain(error: unknown): Promise<string> {
    this.closeStream();
    const known = namedError(error);
    this.screen.write("problem-title", known.title);
    this.screen.write("problem-words", known.message);
    return this.screen.ask("problem");
  }
}
