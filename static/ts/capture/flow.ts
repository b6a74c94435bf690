// The whole visit to the record page: camera set-up, one task after the other, the end.
import { Deliveries } from "./deliveries";
import { MovedElsewhere, StoppedByHand, namedError } from "./errors";
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
import { Viewfinder } from "./viewfinder";
import { waitToStart, type Start } from "./waiting";
import { sendingWords } from "./words";

export class CaptureFlow {
  private readonly deliveries = new Deliveries();
  private readonly aloud: ReadAloud;
  private readonly camera: Viewfinder;
  private readonly review: Review;
  private readonly closed = new AbortController();
  private store: TakeStore | null = null;

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
    this.store = await TakeStore.open();
    for (const left of await recover(this.setup, this.store, this.changed)) {
      this.deliveries.add(left);
    }
    let tasks: readonly Task[] = this.setup.tasks;
    for (;;) {
      await this.filmAll(tasks, tasks === this.setup.tasks);
      this.camera.close();
      const answer = await this.review.ask();
      if (answer === "finish") break;
      if (answer === "later") await this.later();
      else tasks = answer;
    }
    this.screen.open("finishing");
    await finishSession(element<HTMLFormElement>("finish-form"));
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
    this.closed.abort(new MovedElsewhere());
    this.camera.close();
    await this.screen.askLast("elsewhere", "opening");
    await SessionHold.takeOver(this.setup.session);
    window.location.reload();
  }

  /** Films these tasks in order; `onlyOpen`: those that have been made are passed over. */
  private async filmAll(tasks: readonly Task[], onlyOpen: boolean): Promise<void> {
    for (const [index, task] of tasks.entries()) {
      if (onlyOpen && this.deliveries.isMade(task)) continue;
      await this.task(task, placeWords(tasks, index));
    }
  }

  /** One task until its film is made or left out. */
  private async task(task: Task, place: string): Promise<void> {
    this.screen.write(`place-${task.code}`, place);
    for (;;) {
      try {
        const stream = await this.camera.ready();
        const start = await this.waitToStart(`task-${task.code}`, stream);
        if (start) return await this.take(task, start, stream);
        if ((await this.pause("", true)) === "skip") return;
      } catch (error) {
        if ((await this.broken(error)) === "skip") return;
      }
    }
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
    while (!(await this.waitToStart("setup", stream))) await this.pause("", false);
  }

  /** null: the person wants a pause. */
  private async waitToStart(panel: string, stream: MediaStream): Promise<Start | null> {
    const { setup, screen, closed } = this;
    const answer = await waitToStart(panel, {
      setup,
      screen,
      stream,
      guide: () => this.camera.guide,
      speaker: this.aloud.speaker,
      closed: closed.signal,
    });
    return typeof answer === "string" ? null : answer;
  }

  private async broken(error: unknown): Promise<string> {
    if (error instanceof StoppedByHand) return this.pause(error.message, true);
    const known = namedError(error);
    this.screen.write("stopped-title", known.title);
    this.screen.write("stopped-words", known.message);
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
    this.changed();
    await this.screen.ask("later");
  }

  private readonly changed = (): void => {
    const { underWay } = this.deliveries;
    this.screen.tell("sending", sendingWords(underWay).words);
    this.screen.write(
      "later-words",
      underWay.length > 0
        ? t("Please keep this page open until your films have arrived.")
        : t("What you have done is saved. You can close this page now."),
    );
  };
}
