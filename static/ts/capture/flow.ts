// The whole visit to the capture page: camera set-up, one task after the other, review, finish.
import { AudioBeeper } from "./beep";
import { closeCamera, isLive, openCamera } from "./camera";
import type { Delivery } from "./delivery";
import { CaptureError, NoPictures, RecorderFailed } from "./errors";
import { FrameMeter, canCountFrames } from "./framerate";
import { Review } from "./review";
import { element, type Screen } from "./screen";
import type { Setup, Task } from "./setup";
import { recordTake } from "./take";
import { stayAwake } from "./wake";
import { OFFLINE, sendingWords } from "./words";

const LOOK_MS = 1500;
const LOOKS = 5; // some cameras need seconds before their first picture
const FRAMES_NEEDED = 8;

export class CaptureFlow {
  private stream: MediaStream | null = null;
  private beeper: AudioBeeper | null = null;
  private readonly video = element<HTMLVideoElement>("preview");
  private readonly deliveries = new Map<string, Delivery>();
  private readonly review: Review;

  constructor(
    private readonly setup: Setup,
    private readonly screen: Screen,
  ) {
    this.review = new Review(setup, screen, this.deliveries);
    window.addEventListener("beforeunload", (event) => {
      if (this.isSending) event.preventDefault();
    });
    window.addEventListener("offline", () => this.changed());
    window.addEventListener("online", () => this.changed());
  }

  async run(): Promise<void> {
    const open = this.setup.tasks.filter((task) => !task.received);
    if (open.length > 0) await this.cameraReady();
    for (const [index, task] of open.entries()) await this.task(task, open[index - 1] ?? null);
    await this.finish();
  }

  /** Asks for the camera until it is open and sends pictures. */
  private async cameraReady(): Promise<MediaStream> {
    if (isLive(this.stream)) return this.stream;
    await this.screen.ask("camera");
    for (;;) {
      try {
        await this.open();
        return this.stream!;
      } catch (error) {
        if (this.stream) closeCamera(this.stream);
        this.video.classList.add("preview--parked");
        await this.screen.ask(this.explain("problem", error));
      }
    }
  }

  private async open(): Promise<void> {
    this.beeper ??= new AudioBeeper();
    await this.beeper.unlock();
    void stayAwake();
    this.stream = await openCamera();
    this.video.srcObject = this.stream;
    const go = this.showPreview();
    await this.video.play();
    await this.look();
    this.screen.enable("camera-go", true);
    await go;
    this.video.classList.add("preview--parked");
  }

  private showPreview(): Promise<string> {
    this.video.classList.remove("preview--parked");
    this.screen.enable("camera-go", false);
    this.screen.write("camera-facts", "Looking at your camera …");
    return this.screen.ask("preview");
  }

  /** Live pictures or NoPictures; tells how many come in a second. */
  private async look(): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const meter = new FrameMeter(this.video).start();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const { fps, frames } = meter.stop();
      if (frames >= FRAMES_NEEDED || !canCountFrames(this.video)) {
        this.screen.write("camera-facts", cameraWords(fps, this.setup.slowFps));
        return;
      }
    }
    throw new NoPictures();
  }

  /** One task until its film is made or the person goes on without it. */
  private async task(task: Task, before: Task | null): Promise<void> {
    this.screen.hide(`back-${task.code}`, before === null);
    while ((await this.screen.ask(`task-${task.code}`)) === "back") await this.filmed(before!);
    await this.filmed(task);
  }

  private async filmed(task: Task): Promise<void> {
    for (;;) {
      try {
        await this.take(task);
        return;
      } catch (error) {
        if ((await this.screen.ask(this.explain("stopped", error))) === "skip") return;
      }
    }
  }

  private async take(task: Task): Promise<void> {
    const { setup, screen, video } = this;
    const stream = await this.cameraReady();
    const changed = () => this.changed();
    const studio = { setup, screen, video, stream, beeper: this.beeper!, changed };
    const delivery = await recordTake(task, studio);
    const earlier = this.deliveries.get(task.code);
    // The newer film counts: an older one that is still on its way must not arrive after it.
    if (earlier && !earlier.isSettled) earlier.cancel();
    this.deliveries.set(task.code, delivery);
    this.changed();
  }

  private async finish(): Promise<void> {
    for (;;) {
      const [action, code] = (await this.review.ask()).split(":");
      if (action === "finish") break;
      const task = this.setup.tasks.find((one) => one.code === code);
      if (action === "again" && task) await this.task(task, null);
    }
    element<HTMLFormElement>("finish-form").submit();
  }

  /** Writes what went wrong into the panel and returns its name. */
  private explain(panel: "problem" | "stopped", error: unknown): string {
    const known = namedError(error);
    this.screen.write(`${panel}-title`, known.title);
    this.screen.write(`${panel}-words`, known.message);
    return panel;
  }

  private get isSending(): boolean {
    return [...this.deliveries.values()].some((delivery) => !delivery.isSettled);
  }

  private changed(): void {
    const states = [...this.deliveries.values()].map(({ state }) => state);
    const words = navigator.onLine || !this.isSending ? sendingWords(states) : OFFLINE;
    this.screen.tellSending(words, words === OFFLINE);
    this.review.update();
  }
}

function namedError(error: unknown): CaptureError {
  if (error instanceof CaptureError) return error;
  console.error(error);
  return new RecorderFailed();
}

function cameraWords(fps: number | null, slow: number): string {
  if (fps === null) return "Your camera works.";
  const rate = `Your camera works and takes ${Math.round(fps)} pictures a second.`;
  return fps < slow ? `${rate} That is few: more light on your face helps.` : rate;
}
