// The page as seen: one panel at a time, the full-screen stage of a take, and spoken captions.
import { cameraEdge } from "./camera";
import type { Stage } from "./run";
import { onTap } from "./taps";
import type { Moment, Phase } from "./timeline";
import { t } from "./translate";

// The ring around the dot grows in a few steps: nothing moves before a face at rest.
const RING_STEPS = 12;
// Whatever pressed the start, or was held down then, must not stop the film.
const DEAF_MS = 1000;
const LOOK_MS = 500;

export class Screen implements Stage {
  /** What the stop button of the stage, or Escape, does during a take. */
  onStop: () => void = () => undefined;
  private answer: ((action: string) => void) | null = null;
  private shown: string | null = null;
  private isOver = false;
  private stageOpened = 0;
  private readonly captions: Readonly<Record<Phase, string>> = {
    lead: "",
    now: t("Now"),
    relax: t("Relax"),
    over: "",
  };
  private readonly stage = element<HTMLElement>("stage");
  private readonly caption = element<HTMLElement>("stage-caption");
  private readonly spoken = element<HTMLElement>("spoken");

  constructor() {
    for (const button of document.querySelectorAll<HTMLElement>("[data-act]")) this.listen(button);
    onTap(element("stage-stop"), () => this.stopTake());
    document.addEventListener("keydown", ({ key, repeat }) => {
      if (key === "Escape" && !repeat) this.escape();
    });
  }

  /** Shows a panel and resolves with the `data-act` of the button that is pressed in it. */
  ask(panel: string): Promise<string> {
    if (!this.isOver) this.showPanel(panel);
    return new Promise((resolve) => {
      if (!this.isOver) this.answer = resolve;
    });
  }

  /** Asks for the last time, then shows `after`: nothing else is shown or answered from now on. */
  async askLast(panel: string, after: string): Promise<void> {
    const answer = this.ask(panel);
    this.isOver = true;
    await answer;
    this.showPanel(after);
  }

  /** Shows a panel that asks nothing yet. */
  open(panel: string): void {
    if (!this.isOver) this.showPanel(panel);
  }

  /** Answers for the person, as a button of `panel` would; nothing where another is open. */
  pressIn(panel: string, action: string): void {
    if (this.shown === panel) this.press(action);
  }

  /** What the take asks for now, on the stage. */
  show(moment: Moment): void {
    this.stage.dataset.phase = moment.phase;
    this.caption.textContent = this.captions[moment.phase];
    this.spoken.textContent = this.captions[moment.phase];
  }

  showPassed(share: number): void {
    const steps = Math.floor(share * RING_STEPS) / RING_STEPS;
    this.stage.style.setProperty("--passed", String(steps));
  }

  /** The text of the open panel that a person reads before anything happens. */
  text(): string {
    const parts = this.panels().flatMap((panel) => [...panel.querySelectorAll("[data-read]")]);
    return parts.map((part) => part.textContent?.trim() ?? "").join("\n");
  }

  /** The one line of advice of the open panel; a screen reader tells it when it changes. */
  advise(words: string): void {
    for (const place of this.parts("advice")) {
      if (place.textContent !== words) place.textContent = words;
    }
  }

  /** The open panel's button to start; null: there is none now. */
  offerStart(words: string | null): void {
    for (const button of this.parts("start")) {
      // Focus must not fall into nothing.
      if (words === null && document.activeElement === button) this.focusHeading();
      button.hidden = words === null;
      if (words !== null && button.textContent !== words) button.textContent = words;
    }
  }

  /** A button made later, such as one for a single film. */
  listen(button: HTMLElement): void {
    onTap(button, () => this.press(button.dataset.act ?? ""));
  }

  write(id: string, words: string): void {
    const place = element<HTMLElement>(id);
    if (place.textContent !== words) place.textContent = words;
  }

  hide(id: string, hidden: boolean): void {
    element<HTMLElement>(id).hidden = hidden;
  }

  /** A line below every panel, such as how the films' journey stands; none when empty. */
  tell(id: "sending" | "expiry" | `unfit-${string}`, words: string): void {
    this.hide(id, words === "");
    this.write(id, words);
  }

  /** The stage opens for a count-down or a take; `kind` decides what it shows. */
  openStage(kind: string): void {
    this.showPanel(null);
    this.stageOpened = performance.now();
    this.stage.dataset.kind = kind;
    this.stage.dataset.camera = cameraEdge();
    this.stage.hidden = false;
    document.documentElement.classList.add("has-stage");
    this.quieten(true);
    element<HTMLElement>("stage-stop").focus();
  }

  closeStage(): void {
    this.stage.hidden = true;
    this.spoken.textContent = "";
    this.showPassed(0);
    document.documentElement.classList.remove("has-stage");
    this.quieten(false);
  }

  /** Resolves when no take is going on. */
  async stageClosed(): Promise<void> {
    while (!this.stage.hidden) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  showCount(count: number): void {
    this.stage.dataset.phase = "count";
    this.caption.textContent = String(count);
    this.spoken.textContent = String(count);
  }

  /** Nothing but the stage and its captions can be reached or is read out during a take. */
  private quieten(quiet: boolean): void {
    const beside = [...document.body.children, ...this.stage.parentElement!.children];
    for (const other of beside) {
      if (other.contains(this.stage) || other === this.spoken) continue;
      other.toggleAttribute("inert", quiet);
    }
  }

  private stopTake(): void {
    if (performance.now() - this.stageOpened >= DEAF_MS) this.onStop();
  }

  /** null: none of them, while the stage is open. */
  private showPanel(name: string | null): void {
    this.shown = name;
    for (const panel of document.querySelectorAll<HTMLElement>("[data-panel]")) {
      panel.hidden = name === null || !panel.dataset.panel!.split(" ").includes(name);
    }
    this.focusHeading();
    window.scrollTo(0, 0);
  }

  private press(action: string): void {
    const { answer } = this;
    this.answer = null;
    answer?.(action);
  }

  private focusHeading(): void {
    const [panel] = this.panels();
    panel?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  private panels(): HTMLElement[] {
    return [...document.querySelectorAll<HTMLElement>("[data-panel]:not([hidden])")];
  }

  private parts(name: string): HTMLElement[] {
    return this.panels().flatMap((panel) => [
      ...panel.querySelectorAll<HTMLElement>(`[data-part="${name}"]`),
    ]);
  }

  private escape(): void {
    if (!this.stage.hidden) this.stopTake();
    else if (this.panels().some((panel) => panel.querySelector('[data-act="pause"]'))) {
      this.press("pause");
    }
  }
}

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks #${id}`);
  return found as T;
}
