// The patient's course on the page: its controls, its keys, and the way from a point to its session.

import { draw } from "./plots";
import { theme } from "./theme";
import { figure, shown, told, type Timeline, type View } from "./timeline";

function checked(name: string): Set<string> {
  const boxes = document.querySelectorAll<HTMLInputElement>(`input[data-${name}]`);
  return new Set([...boxes].filter((box) => box.checked).map((box) => box.dataset[name] ?? ""));
}

function monthButtons(): NodeListOf<HTMLButtonElement> {
  return document.querySelectorAll("button[data-months]");
}

export class Course {
  private data: Timeline | null = null;
  private months: number | null = null;
  private cursor: number | null = null;

  /** Reads the page's data and controls anew, and draws. */
  async show(): Promise<void> {
    const text = document.getElementById("trends-data")?.textContent;
    this.data = text ? (JSON.parse(text) as Timeline) : null;
    this.cursor = null;
    this.listen();
    this.press();
    await this.draw();
  }

  async draw(): Promise<void> {
    const root = document.getElementById("timeline");
    if (root === null || this.data === null || this.data.span === null) return;
    this.leaveHidden(this.data);
    const isNew = !root.classList.contains("js-plotly-plot");
    const plot = await draw(root, figure(this.data, this.view(), this.cursor, theme()));
    if (!isNew) return;
    plot.on("plotly_click", ({ points }) => {
      const href = (points[0]?.customdata as { href?: string } | undefined)?.href;
      if (href) location.assign(href);
    });
  }

  private view(): View {
    return {
      narrow: matchMedia("(max-width: 40rem)").matches,
      months: this.months,
      states: checked("state"),
      measures: checked("measure"),
    };
  }

  private listen(): void {
    monthButtons().forEach((button) =>
      button.addEventListener("click", () => {
        this.months = button.dataset.months ? Number(button.dataset.months) : null;
        this.press();
        void this.draw();
      }),
    );
    for (const box of document.querySelectorAll("input[data-state], input[data-measure]")) {
      box.addEventListener("change", () => void this.draw());
    }
    document.getElementById("timeline")?.addEventListener("keydown", (event) => this.key(event));
  }

  /** The buttons tell what is drawn; a page that was swapped in has them as at first. */
  private press(): void {
    const chosen = String(this.months ?? "");
    monthButtons().forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.months === chosen)));
  }

  /** Keys lead on from a session that is shown, and Enter opens no other. */
  private leaveHidden(data: Timeline): void {
    if (this.cursor === null || shown(data, this.view()).includes(this.cursor)) return;
    this.cursor = null;
    this.say("");
  }

  private say(words: string): void {
    const status = document.getElementById("timeline-status");
    if (status) status.textContent = words;
  }

  private key(event: KeyboardEvent): void {
    if (this.data === null) return;
    if (event.key === "Enter") {
      const session = this.cursor === null ? undefined : this.data.sessions[this.cursor];
      if (session) location.assign(session.href);
      return;
    }
    const next = moved(event.key, shown(this.data, this.view()), this.cursor);
    if (next === null) return;
    event.preventDefault();
    this.cursor = next;
    this.say(told(this.data, this.view(), next));
    void this.draw();
  }
}

/** The session that a key leads to from the one at hand; null for keys that lead nowhere. */
export function moved(key: string, sessions: readonly number[], cursor: number | null): number | null {
  const last = sessions.length - 1;
  const at = cursor === null ? -1 : sessions.indexOf(cursor);
  const target = {
    ArrowLeft: at < 0 ? last : Math.max(0, at - 1),
    ArrowRight: at < 0 ? last : Math.min(last, at + 1),
    Home: 0,
    End: last,
  }[key];
  return target === undefined ? null : (sessions[target] ?? null);
}
