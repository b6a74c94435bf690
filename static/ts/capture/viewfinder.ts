// The open camera: asked for once, looked at until it sends pictures, shown while it is set up.
import { AudioBeeper } from "./beep";
import { closeCamera, isLive, openCamera } from "./camera";
import { NoPictures, namedError } from "./errors";
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

export class Viewfinder {
  readonly video = element<HTMLVideoElement>("preview");
  beeper: AudioBeeper | null = null;
  guide: Guide | null = null;
  private stream: MediaStream | null = null;
  private isGuideAsked = false;

  /** `setUp` shows the panel "setup" until the person is well in the picture. */
  constructor(
    private readonly settings: GuideSettings,
    private readonly screen: Screen,
    private readonly aloud: ReadAloud,
    private readonly setUp: (stream: MediaStream) => Promise<void>,
  ) {}

  /** The camera, open and set up; asks until it is. */
  async ready(): Promise<MediaStream> {
    if (isLive(this.stream)) return this.stream;
    if (!this.beeper) await this.begin();
    for (;;) {
      try {
        const stream = await this.open();
        await this.setUp(stream);
        if (isLive(stream)) return stream;
      } catch (error) {
        await this.explain(error);
      } finally {
        this.video.classList.add("preview--parked");
      }
    }
  }

  /** The camera's light goes out; it is opened again when it is needed. */
  close(): void {
    if (this.stream) closeCamera(this.stream);
    this.stream = null;
  }

  /** The first tap: browsers let no page sound or speak before. */
  private async begin(): Promise<void> {
    await this.screen.ask("camera");
    this.beeper = new AudioBeeper();
    void this.aloud.speaker?.say("");
    await this.beeper.unlock();
    void stayAwake();
  }

  private async open(): Promise<MediaStream> {
    const stream = await openCamera();
    this.stream = stream;
    this.video.srcObject = stream;
    this.screen.open("setup");
    this.screen.offerStart(null);
    this.screen.advise(t("Looking at your camera …"));
    this.video.classList.remove("preview--parked");
    await this.video.play();
    this.openGuide();
    await this.look();
    return stream;
  }

  private openGuide(): void {
    if (this.isGuideAsked) return;
    this.isGuideAsked = true;
    void Guide.open(this.video, this.settings).then((guide) => {
      this.guide = guide;
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

  private async explain(error: unknown): Promise<void> {
    this.close();
    const known = namedError(error);
    this.screen.write("problem-title", known.title);
    this.screen.write("problem-words", known.message);
    await this.screen.ask("problem");
  }
}
