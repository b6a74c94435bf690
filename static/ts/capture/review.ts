// The end of a visit: waiting until the films have arrived, then one question, then Finish.
import type { Deliveries } from "./deliveries";
import { Judged } from "./judged";
import { OwnFilms } from "./ownfilms";
import { Progress, type Snapshot } from "./progress";
import { question, type Question } from "./retakes";
import { element, type Screen } from "./screen";
import type { Setup, Task } from "./setup";
import { t } from "./translate";
import { sendingWords } from "./words";

const LOOK_MS = 500;
const FINISH_MS = 20_000;

/** What follows: the session is finished, left for later, looked at anew, or these are filmed again. */
export type Answer = "finish" | "later" | "reload" | readonly Task[];

export class Review {
  private snapshot: Snapshot | null = null;
  private arrived: number | null = null;
  private ending: ReturnType<typeof setTimeout> | undefined;
  private readonly own: OwnFilms;

  constructor(
    private readonly setup: Setup,
    private readonly screen: Screen,
    private readonly deliveries: Deliveries,
  ) {
    this.own = new OwnFilms(setup.tasks, deliveries, () => this.stay());
  }

  async ask(): Promise<Answer> {
    const progress = new Progress(this.setup, (snapshot) => {
      this.snapshot = snapshot;
      this.update();
    });
    try {
      const waited = await this.wait();
      if (waited === "later") return waited;
      if (waited === "kept") return (await this.screen.ask("kept")) as Answer;
      const asked = question(this.judged.films, this.setup.retakes);
      return asked ? await this.askAgain(asked) : await this.askFinish();
    } finally {
      progress.stop();
      this.own.close();
    }
  }

  private get judged(): Judged {
    return new Judged(this.setup.tasks, this.deliveries, this.snapshot);
  }

  /** Until all films have arrived and were checked, or the check takes too long. */
  private async wait(): Promise<string> {
    this.arrived = null;
    const answer = this.screen.ask("wait");
    const timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
    const action = await answer;
    clearInterval(timer);
    this.update();
    return action;
  }

  private look(): void {
    const { underWay, keptWords } = this.deliveries;
    if (underWay.length > 0) {
      const { words, percent } = sendingWords(underWay);
      this.tellWait(words, percent);
    } else if (keptWords !== null) {
      this.screen.write("kept-words", keptWords);
      this.screen.pressIn("wait", "kept");
    } else {
      this.check();
    }
  }

  private check(): void {
    this.arrived ??= performance.now();
    const waited = (performance.now() - this.arrived) / 1000;
    const limit = this.setup.guide.live["check_wait_s"]!;
    this.tellWait(t("Your films have arrived. They are being checked."), (100 * waited) / limit);
    if (this.judged.isChecked || waited >= limit) this.screen.pressIn("wait", "on");
  }

  private tellWait(words: string, percent: number): void {
    this.screen.write("wait-words", words);
    element<HTMLProgressElement>("wait-bar").value = percent;
  }

  private async askAgain({ title, yes, advice, tasks }: Question): Promise<Answer> {
    const { screen } = this;
    screen.write("question-title", title);
    screen.write("question-yes", yes);
    element("question-advice").textContent = "";
    element("question-advice").append(...advice.map(item));
    screen.hide("question-finish", !this.judged.hasAny);
    screen.hide("question-later", this.judged.hasAny);
    const answer = await screen.ask("question");
    return answer === "again" ? tasks : (answer as Answer);
  }

  /** Finishes by itself, unless the person wants to stay. */
  private async askFinish(): Promise<Answer> {
    this.screen.hide("finish-not-yet", false);
    this.screen.write("finish-words", t("This page finishes by itself in a moment."));
    this.ending = setTimeout(() => this.screen.pressIn("finish", "finish"), FINISH_MS);
    for (;;) {
      const answer = await this.screen.ask("finish");
      this.stay();
      if (answer !== "not-yet") return answer as Answer;
    }
  }

  private stay(): void {
    clearTimeout(this.ending);
    this.screen.hide("finish-not-yet", true);
    this.screen.write("finish-words", t("Finish when you are ready."));
  }

  private update(): void {
    for (const task of this.setup.tasks) this.own.tell(task, this.judged.told(task));
  }
}

function item(sentence: string): HTMLLIElement {
  const place = document.createElement("li");
  place.textContent = sentence;
  return place;
}
