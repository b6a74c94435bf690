// The page as seen: one panel at a time, the full-screen stage of a take, and spoken captions.
import type { Stage } from "./run";
import { onTap } from "./taps";
import type { Moment, Phase } from "./timeline";

const CAPTIONS: Record<Phase, string> = { lead: "", now: "Now", relax: "Relax", over: "" };

export class Screen implements Stage {
  /** What the stop button of the stage, or Escape, does during a take. */
  onStop: () => void = () => undefined;
  private answer: ((action: string) => void) | null = null;
  private readonly stage = element<HTMLElement>("stage");
  private readonly caption = element<HTMLElement>("stage-caption");
  private readonly spoken = element<HTMLElement>("spoken");
  private readonly sending = element<HTMLElement>("sending");

  constructor() {
    for (const button of document.querySelectorAll<HTMLElement>("[data-act]")) this.listen(button);
    onTap(element("stage-stop"), () => this.onStop());
    this.stage.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.onStop();
    });
  }

  /** Shows a panel and resolves with the `data-act` of the button that is pressed in it. */
  ask(panel: string): Promise<string> {
    this.showPanel(panel);
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  /** What the take asks for now, on the stage. */
  show(moment: Moment): void {
    this.stage.dataset.phase = moment.phase;
    this.caption.textContent = CAPTIONS[moment.phase];
    this.spoken.textContent = CAPTIONS[moment.phase];
  }

  /** A button made later, such as one for a single film. */
  listen(button: HTMLElement): void {
    onTap(button, () => this.press(button.dataset.act ?? ""));
  }

  write(id: string, words: string): void {
    const place = element<HTMLElement>(id);
    if (place.textContent !== words) place.textContent = words;
  }

  enable(id: string, enabled: boolean): void {
    element<HTMLButtonElement>(id).disabled = !enabled;
  }

  hide(id: string, hidden: boolean): void {
    element<HTMLElement>(id).hidden = hidden;
  }

  /** How the films' journey stands, below every panel. */
  tellSending(words: string, isWarning: boolean): void {
    this.sending.hidden = words === "";
    this.sending.classList.toggle("banner--warning", isWarning);
    if (this.sending.textContent !== words) this.sending.textContent = words;
  }

  /** The stage opens for a count-down or a take; `kind` decides what it shows. */
  openStage(kind: string): void {
    this.showPanel(null);
    this.stage.dataset.kind = kind;
    this.stage.hidden = false;
    document.documentElement.classList.add("has-stage");
    element<HTMLElement>("stage-stop").focus();
  }

  closeStage(): void {
    this.stage.hidden = true;
    this.spoken.textContent = "";
    document.documentElement.classList.remove("has-stage");
  }

  showCount(count: number): void {
    this.stage.dataset.phase = "count";
    this.caption.textContent = String(count);
    this.spoken.textContent = String(count);
  }

  /** null: none of them, while the stage is open. */
  private showPanel(name: string | null): void {
    for (const panel of document.querySelectorAll<HTMLElement>("[data-panel]")) {
      panel.hidden = panel.dataset.panel !== name;
    }
    const panel = document.querySelector<HTMLElement>(`[data-panel="${name}"]`);
    panel?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  private press(action: string): void {
    const { answer } = this;
    this.answer = null;
    answer?.(action);
  }
}

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks #${id}`);
  return found as T;
}
