// The whole visit to the record page: camera set-up, one task after the other, the end.
import { abort } from "./abort";
import { askForFilm } from "./by-hand";
import { isLive } from "./camera";
import { Deliveries } from "./deliveries";
import { MovedElsewhere, NoRecorder, RecorderFailed, StoppedByHand, namedError } from "./errors";
import { watchExpiry } from "./expiry";
import { finishSession } from "./finish";
import { recover } from "./recover";
import { placeWords } from "./remaining";
import { Review } from "./review";
import { element, type Screen } from "./screen";
import type { Setup, Task } from "./setup";
import { ReadAloud } from "./speech";
import { TakeStore } from "./store";
import { SessionHold } from "./tabs";
import { recordTake } from "./take";
import { t } from "./translate";
import { allRemoved } from "./upload";
import { Viewfinder } from "./viewfinder";
import { waitToStart, type Start } from "./waiting";
import { sendingWords } from "./words";

export class CaptureFlow {
  private readonly deliveries = new Deliveries();
  private readonly aloud: ReadAloud;
  private readonly camera: Viewfinder;
  private readonly review: Review;
  private readonly closed = new AbortController();
  private readonly byMyself = document.getElementById("by-myself") as HTMLInputElement | null;
  private readonly chosen = new Map<string, string>();
  private store: TakeStore | null = null;
  /** Films are made by the device's own camera program. */
  private byHand = false;

  constructor(
    private readonly setup: Setup,
    private readonly screen: Screen,
  ) {
    this.aloud = new ReadAloud(screen);
    this.camera = new Viewfinder(setup.guide, screen, this.aloud, (stream) => this.setUp(stream));
    this.review = new Review(setup, screen, this.deliveries);
    window.addEventListener("beforeunload", (event) => {
      if (this.deliveries.underWay.length > 0 && !this.closed.signal.aborted) event.preventDefault();
    });
    watchExpiry(setup.expires, (words) => screen.tell("expiry", words));
  }

  async run(): Promise<void> {
    await this.hold();
    await this.takeUpLeft();
    let tasks: readonly Task[] = this.setup.tasks;
    for (;;) {
      await this.filmAll(tasks, tasks === this.setup.tasks);
      this.camera.close();
      if (!this.store) await this.takeUpLeft();
      const answer = await this.review.ask();
      if (answer === "finish") break;
      if (answer === "reload") return window.location.reload();
      if (answer === "later") await this.later();
      // What was filmed again is not asked for a third time.
      tasks = answer === "later" ? this.setup.tasks : answer;
    }
    this.screen.open("finishing");
    // Else the clinic keeps what it has of a film that was stopped.
    await allRemoved(() =>
      this.screen.write("finishing-words", t("No connection. We go on when the network is back.")),
    );
    await finishSession(element<HTMLFormElement>("finish-form"), this.setup.csrf);
  }

  /** The films that an earlier visit left on this device, of tasks for which there is none yet. */
  private async takeUpLeft(): Promise<void> {
    this.screen.open("opening"); // a slow device's store takes its time
    this.store = await TakeStore.open();
    const open = this.setup.tasks.filter((task) => !this.deliveries.of(task.code));
    const left = await recover({ ...this.setup, tasks: open }, this.store, this.changed);
    for (const film of left) this.deliveries.add(film);
  }

  /** One window at a time makes the films of a session. */
  private async hold(): Promise<void> {
    let hold = await SessionHold.claim(this.setup.session);
    if (!hold) {
      await this.screen.ask("elsewhere");
      this.screen.open("opening");
      hold = await SessionHold.takeOver(this.setup.session);
    }
    void hold.lost.then(() => this.giveWay());
  }

  private async giveWay(): Promise<void> {
    abort(this.closed, new MovedElsewhere());
    this.camera.close();
    await this.screen.askLast("elsewhere", "opening");
    await SessionHold.takeOver(this.setup.session);
    window.location.reload();
  }

  /** Films these in order, while the link lasts; `onlyOpen`: those that are made are passed over. */
  private async filmAll(tasks: readonly Task[], onlyOpen: boolean): Promise<void> {
    for (const [index, task] of tasks.entries()) {
      if (this.deliveries.hasLinkEnded) return;
      const open = onlyOpen ? tasks.filter((one) => !this.deliveries.isMade(one)) : tasks;
      if (open.includes(task)) await this.task(task, placeWords(tasks, index, open));
    }
  }

  /** One task until its film is made or left out. */
  private async task(task: Task, place: string): Promise<void> {
    this.screen.write(`place-${task.code}`, place);
    for (;;) {
      try {
        const stream = this.byHand ? null : await this.camera.ready();
        if (!stream) this.camera.close();
        this.byHand = stream === null;
        if (this.deliveries.hasLinkEnded) return;
        const answer = stream ? await this.film(task, stream) : await this.filmByHand(task);
        if (answer === "made" || answer === "skip" || answer === "kept") return;
      } catch (error) {
        const answer = await this.broken(error);
        if (answer === "skip") return;
        this.byHand = answer === "by-hand";
      }
    }
  }

  private async film(task: Task, stream: MediaStream): Promise<string> {
    const start = await this.waitToStart(`task-${task.code}`, stream);
    if (start === "kept") return start;
    if (typeof start === "string") return this.pause("", true);
    await this.take(task, start, stream);
    return "made";
  }

  private async filmByHand(task: Task): Promise<string> {
    const { setup, screen, store, changed, chosen } = this;
    const film = await askForFilm(task, { setup, screen, store, changed, chosen });
    if (typeof film === "string") return this.laterOr(film);
    this.deliveries.add(film);
    changed();
    return "made";
  }

  private async take(task: Task, start: Start, stream: MediaStream): Promise<void> {
    const { setup, screen, store, changed } = this;
    const { video, guide, beeper } = this.camera;
    const closed = this.closed.signal;
    const studio = { setup, screen, store, changed, video, guide, stream, closed };
    const { delivery, broken } = await recordTake(task, start, { ...studio, beeper: beeper! });
    if (delivery) this.deliveries.add(delivery);
    this.changed();
    if (broken) throw broken;
  }

  private async setUp(stream: MediaStream): Promise<void> {
    // Once the rest was put off, this camera is closed: another one is opened.
    while (isLive(stream)) {
      if (typeof (await this.waitToStart("setup", stream)) !== "string") return;
      await this.pause("", false);
    }
  }

  private waitToStart(panel: string, stream: MediaStream): Promise<Start | string> {
    const { setup, screen, closed } = this;
    return waitToStart(panel, {
      setup,
      screen,
      stream,
      video: this.camera.video,
      byMyself: this.byMyself?.checked ?? false,
      guide: () => this.camera.guide,
      speaker: this.aloud.speaker,
      closed: closed.signal,
    });
  }

  private async broken(error: unknown): Promise<string> {
    if (error instanceof StoppedByHand) return this.pause(error.message, true);
    const known = namedError(error);
    this.screen.write("stopped-title", known.title);
    this.screen.write("stopped-words", known.message);
    const canRecord = !(known instanceof NoRecorder || known instanceof RecorderFailed);
    this.screen.hide("stopped-by-hand", canRecord);
    return this.laterOr(await this.screen.ask("stopped"));
  }

  private async pause(words: string, canSkip: boolean): Promise<string> {
    this.screen.write("paused-words", words || t("Take all the time you need."));
    this.screen.hide("paused-skip", !canSkip);
    return this.laterOr(await this.screen.ask("paused"));
  }

  private async laterOr(answer: string): Promise<string> {
    if (answer === "later") await this.later();
    return answer;
  }

  /** The person has gone; the same link, or this page, goes on with what is left. */
  private async later(): Promise<void> {
    this.camera.close();
    this.byHand = false;
    this.changed();
    await this.screen.ask("later");
  }

  private stopWaiting(code: string): void {
    for (const panel of [`task-${code}`, `hand-${code}`]) this.screen.pressIn(panel, "kept");
  }

  private readonly changed = (): void => {
    const { underWay, keptWords, hasLinkEnded } = this.deliveries;
    this.screen.tell("sending", keptWords ?? sendingWords(underWay).words);
    // The link has ended: nothing more is filmed, and what follows says why.
    if (hasLinkEnded) for (const { code } of this.setup.tasks) this.stopWaiting(code);
    this.screen.write(
      "later-words",
      underWay.length > 0
        ? t("Please keep this page open until your films have arrived.")
        : t("What you have done is saved. You can close this page now."),
    );
  };
}
