// The charts under the films: drawn on the clock's time, with a cursor; a click asks for its time.

import { figureAt, heading, mains, scale, type Main } from "./compare-curves";
import { cursorAt, type Cue, type FilmCurves } from "./curves";
import { change, draw } from "./plots";
import { theme } from "./theme";

const FAILED = "The curves could not be loaded. Reload the page to try again.";

export interface Film {
  /** The address of its curves; empty where there are none. */
  curves: string;
  cues: Cue[];
}

async function load(address: string): Promise<FilmCurves> {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as FilmCurves;
}

class Chart {
  readonly root = document.createElement("div");
  private readonly plot = document.createElement("div");
  private drawn = false;

  constructor(
    readonly side: number,
    readonly main: Main,
    private readonly clicked: (t: number) => void,
  ) {
    const title = document.createElement("h3");
    const unit = document.createElement("span");
    this.root.className = "curve-chart";
    this.plot.className = "curve-plot";
    title.className = "curve-title";
    title.textContent = heading(main);
    unit.className = "unit";
    unit.textContent = main.chart.unit;
    title.append(unit);
    this.root.append(title, this.plot);
  }

  async draw(cues: readonly Cue[], zero: number, span: [number, number], range: [number, number]) {
    const plot = await draw(this.plot, figureAt(this.main, cues, zero, span, range, theme()));
    if (this.drawn) return;
    this.drawn = true;
    plot.on("plotly_click", ({ points }) => {
      const t = points[0]?.x;
      if (typeof t === "number") this.clicked(t);
    });
  }

  async show(t: number): Promise<void> {
    if (this.drawn) await change(this.plot, cursorAt(t));
  }
}

export class Charts {
  private charts: Chart[] = [];
  private wanted = 0;
  private moving = false;

  /** `roots` are the places of each side's charts. */
  constructor(
    private readonly films: readonly Film[],
    private readonly roots: readonly HTMLElement[],
    private readonly clicked: (t: number) => void,
  ) {}

  async load(): Promise<void> {
    await Promise.all(this.films.map((film, side) => this.loadSide(film, side)));
  }

  private async loadSide(film: Film, side: number): Promise<void> {
    const root = this.roots[side];
    if (!film.curves || root === undefined) return;
    try {
      const found = mains(await load(film.curves));
      const charts = found.map((main) => new Chart(side, main, this.clicked));
      root.replaceChildren(...charts.map((chart) => chart.root));
      this.charts.push(...charts);
    } catch {
      root.textContent = FAILED;
    }
  }

  /** With zero at these times of the films. Charts of one title share their scale. */
  async draw(zeros: readonly number[], span: [number, number]): Promise<void> {
    for (const chart of this.charts) {
      const alike = this.charts.filter((other) => other.main.chart.title === chart.main.chart.title);
      const range = scale(alike.map(({ main }) => main.curve));
      await chart.draw(this.films[chart.side]?.cues ?? [], zeros[chart.side] ?? 0, span, range);
    }
    await this.follow(this.wanted);
  }

  /** Moves the cursors to `t`; while they are on their way, only the last time asked for counts. */
  async follow(t: number): Promise<void> {
    this.wanted = t;
    if (this.moving) return;
    this.moving = true;
    let shown: number;
    do {
      shown = this.wanted;
      await Promise.all(this.charts.map((chart) => chart.show(shown)));
    } while (shown !== this.wanted);
    this.moving = false;
  }
}
