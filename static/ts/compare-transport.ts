// Play, step, scrub and choose a cue: the one set of controls for all films of a page.

import type { Clock } from "./compare-clock";

const STEP = 1 / 30; // seconds: about one picture
const LEAP = 1;

/** What is pressed inside a control that does something of its own with keys. */
function ownsKeys(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement) return target.type === "range" ? key !== " " : true;
  return key === " " && (target instanceof HTMLButtonElement || target.tagName === "SUMMARY");
}

export class Transport {
  private readonly range: HTMLInputElement;
  private readonly output: HTMLOutputElement;
  private readonly toggle: HTMLButtonElement;
  private running = false;
  /** Names the moment at which the clock is at zero. */
  zeroWords = "the start";

  /** `region` holds the films and the controls; `shown` is told the time whenever it changes. */
  constructor(
    region: HTMLElement,
    private readonly clock: Clock,
    private readonly shown: (t: number) => void,
  ) {
    const part = <T extends HTMLElement>(name: string): T => {
      const found = region.querySelector<T>(`[data-part="${name}"]`);
      if (found === null) throw new Error(`the player has no ${name}`);
      return found;
    };
    this.range = part("range");
    this.output = part("time");
    this.toggle = part("play");
    this.toggle.addEventListener("click", () => this.playOrPause());
    part("back").addEventListener("click", () => this.move(-STEP));
    part("on").addEventListener("click", () => this.move(STEP));
    this.range.addEventListener("input", () => this.seek(Number(this.range.value)));
    region.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** Something of the films has changed: how long they are, or where zero is. */
  refresh(): void {
    const [start, end] = this.clock.span;
    this.range.min = start.toFixed(3);
    this.range.max = end.toFixed(3);
    this.wake();
  }

  seek(t: number): void {
    this.clock.seek(t);
    this.wake();
  }

  private move(seconds: number): void {
    this.clock.pause();
    this.seek(this.clock.time + seconds);
  }

  private playOrPause(): void {
    if (this.clock.playing) this.clock.pause();
    else this.clock.play();
    this.wake();
  }

  private pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || ownsKeys(event.target, event.key)) return;
    const step = event.shiftKey ? LEAP : STEP;
    const actions: Readonly<Record<string, () => void>> = {
      " ": () => this.playOrPause(),
      ArrowLeft: () => this.move(-step),
      ArrowRight: () => this.move(step),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  private wake(): void {
    if (this.running) return;
    this.running = true;
    const next = (now: number): void => {
      this.running = this.clock.tick(now);
      this.show();
      if (this.running) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }

  private show(): void {
    const { time, playing } = this.clock;
    const words = `${Math.abs(time).toFixed(2)} s ${time < -0.005 ? "before" : "after"} ${this.zeroWords}`;
    this.range.value = time.toFixed(3);
    this.range.setAttribute("aria-valuetext", words);
    this.output.value = words;
    this.toggle.textContent = playing ? "Pause" : "Play";
    this.shown(time);
  }
}
