// A film beside its curves: the cursor follows the film, and a click on the curves moves the film.

import {
  colour,
  cursorAt,
  figure,
  name,
  withCursor,
  type Curve,
  type CurveChart,
  type Curves,
  type Figure,
  type FilmCurves,
  type Repeats,
} from "./curves";
import { change, draw } from "./plots";
import { onSchemeChange, theme } from "./theme";

const FAILED = "The curves could not be loaded. Reload the page to try again.";

async function load(address: string): Promise<FilmCurves> {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as FilmCurves;
}

/** Moves the film to `t` seconds; a film that is not loaded yet is loaded for it. */
function seek(video: HTMLVideoElement, t: number): void {
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) {
    video.currentTime = t;
    return;
  }
  video.addEventListener("loadedmetadata", () => (video.currentTime = t), { once: true });
  video.preload = "auto";
  video.load();
}

/** Calls `show` with the film's time, at most once per painted frame, while it moves. */
function followTime(video: HTMLVideoElement, show: (t: number) => Promise<void>): void {
  let drawing = false;
  const tick = async (): Promise<void> => {
    if (drawing) return;
    drawing = true;
    await show(video.currentTime);
    drawing = false;
    if (!video.paused && !video.ended) requestAnimationFrame(() => void tick());
  };
  for (const event of ["play", "seeked", "timeupdate"]) {
    video.addEventListener(event, () => void tick());
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A button that shows or hides one curve; its swatch has the curve's colour. */
function toggle(chart: CurveChart, curve: Curve, redraw: () => void): HTMLButtonElement {
  const button = element("button", "toggle", name(curve));
  button.type = "button";
  button.style.setProperty("--swatch", colour(chart, curve, theme()));
  button.dataset.side = curve.side;
  button.setAttribute("aria-pressed", String(curve.shown));
  button.addEventListener("click", () => {
    curve.shown = !curve.shown;
    button.setAttribute("aria-pressed", String(curve.shown));
    redraw();
  });
  return button;
}

/** One chart with its title and toggles. */
class Plot {
  readonly root = element("div", "curve-chart");
  protected readonly plot = element("div", "curve-plot");

  constructor(
    private readonly chart: CurveChart,
    private readonly curves: Curves,
    heading: "h3" | "h4",
  ) {
    const title = element(heading, "curve-title", chart.title);
    title.append(element("span", "unit", chart.unit));
    const toggles = element("div", "toggles");
    toggles.append(...chart.curves.map((curve) => toggle(chart, curve, () => void this.draw())));
    this.root.append(title, toggles, this.plot);
  }

  draw() {
    return draw(this.plot, this.figure());
  }

  protected figure(): Figure {
    return figure(this.chart, this.curves, theme());
  }
}

/** A chart over the film's own time, whose cursor is where the film is. */
class FilmPlot extends Plot {
  constructor(
    chart: CurveChart,
    curves: Curves,
    private readonly video: HTMLVideoElement,
  ) {
    super(chart, curves, "h3");
  }

  async start(): Promise<void> {
    const plot = await this.draw();
    plot.on("plotly_click", ({ points }) => {
      const t = points[0]?.x;
      if (typeof t === "number") seek(this.video, t);
    });
  }

  override async draw() {
    const plot = await super.draw();
    await this.show(this.video.currentTime);
    return plot;
  }

  show(t: number): Promise<void> {
    return change(this.plot, cursorAt(t));
  }

  protected override figure(): Figure {
    return withCursor(super.figure(), theme());
  }
}

/** The charts over the film, joined to it. */
async function drawFilm(root: HTMLElement, curves: Curves, video: HTMLVideoElement): Promise<void> {
  const plots = curves.charts.map((chart) => new FilmPlot(chart, curves, video));
  root.replaceChildren(...plots.map((plot) => plot.root));
  for (const plot of plots) await plot.start();
  followTime(video, async (t) => void (await Promise.all(plots.map((plot) => plot.show(t)))));
  onSchemeChange(() => plots.forEach((plot) => void plot.draw()));
}

async function drawRepeats(root: HTMLElement, repeats: Repeats): Promise<void> {
  const plots = repeats.charts.map((chart) => new Plot(chart, repeats, "h4"));
  root.replaceChildren(...plots.map((plot) => plot.root));
  for (const plot of plots) await plot.draw();
  onSchemeChange(() => plots.forEach((plot) => void plot.draw()));
}

/** Draws the curves of one take's panel and joins them to its film. */
export async function join(panel: HTMLElement): Promise<void> {
  const root = panel.querySelector<HTMLElement>("[data-curves]");
  const video = panel.querySelector("video");
  if (root === null || video === null) return;
  const repeats = panel.querySelector<HTMLElement>("[data-repeats]");
  let curves: FilmCurves;
  try {
    curves = await load(root.dataset.curves ?? "");
  } catch {
    root.textContent = FAILED;
    if (repeats !== null) repeats.textContent = FAILED;
    return;
  }
  await drawFilm(root, curves, video);
  if (repeats !== null && curves.repeats !== null) await drawRepeats(repeats, curves.repeats);
}
