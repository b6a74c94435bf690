// Curves as Plotly figures with the cue windows shaded: over a film's own time with a cursor, and
// the mean over the repeats with its standard deviation, over the time since the cue.

import type { Json } from "plotly.js-cartesian-dist-min";
import type { Theme } from "./theme";

export interface Curve {
  label: string;
  side: string;
  /** Why it is of low reliability; empty if it is not. */
  caution: string;
  shown: boolean;
  t0: number;
  step: number;
  values: (number | null)[];
  /** Of a mean over the repeats, at the same times. */
  sd?: (number | null)[];
}

export interface CurveChart {
  title: string;
  unit: string;
  curves: Curve[];
}

export interface Cue {
  start: number;
  end: number;
}

export interface Curves {
  cues: Cue[];
  charts: CurveChart[];
}

export interface Repeats extends Curves {
  n: number;
}

export interface FilmCurves extends Curves {
  repeats: Repeats | null;
}

export interface Figure {
  data: Json[];
  layout: Json;
}

/** For curves after the first, which has the accent; readable on light and dark, in no state's hue. */
const FURTHER = ["#9a6fd0", "#94811f", "#cf5a8d", "#5f8fa8", "#7d8a8c"];

export function name(curve: Curve): string {
  const reliability = curve.caution ? "low reliability" : "";
  return [curve.label, curve.side, reliability].filter(Boolean).join(", ");
}

export function times(curve: Curve): number[] {
  return curve.values.map((_, i) => curve.t0 + i * curve.step);
}

/** From zero, or before it, to the end of the last curve, in seconds; all charts span this time. */
export function span(curves: Curves): [number, number] {
  const all = curves.charts.flatMap((chart) => chart.curves);
  const ends = all.map((curve) => curve.t0 + curve.step * (curve.values.length - 1));
  return [Math.min(0, ...all.map((curve) => curve.t0)), Math.max(1, ...ends)];
}

/** One colour for each part of the face; both of its sides have it. */
export function colour(chart: CurveChart, curve: Curve, theme: Theme): string {
  const labels = [...new Set(chart.curves.map((each) => each.label))];
  const index = labels.indexOf(curve.label);
  return index === 0 ? theme.accent : (FURTHER[(index - 1) % FURTHER.length] ?? theme.soft);
}

function cursor(theme: Theme): Json {
  const line = { color: theme.ink, width: 1.5 };
  return { type: "line", xref: "x", yref: "paper", x0: 0, x1: 0, y0: 0, y1: 1, line };
}

/** The change that moves the cursor to `t` seconds; a whole new `shapes[0]` would add another. */
export function cursorAt(t: number): Json {
  return { "shapes[0].x0": t, "shapes[0].x1": t };
}

function shading(cue: Cue, theme: Theme): Json {
  const box = { type: "rect", xref: "x", yref: "paper", x0: cue.start, x1: cue.end, y0: 0, y1: 1 };
  return { ...box, fillcolor: theme.shade, line: { width: 0 }, layer: "below" };
}

function line(chart: CurveChart, curve: Curve, theme: Theme): Json {
  const deviation = curve.sd ? " ± %{customdata:.2~g}" : "";
  return {
    type: "scatter",
    mode: "lines",
    name: name(curve),
    x: times(curve),
    y: curve.values,
    customdata: curve.sd,
    visible: curve.shown,
    connectgaps: false,
    line: {
      width: 1.75,
      color: colour(chart, curve, theme),
      dash: { left: "dash", right: "dot" }[curve.side] ?? "solid",
    },
    hovertemplate: `%{y:.3~g}${deviation} ${chart.unit}`,
  };
}

/** The area within one standard deviation of a mean: a closed outline around each part known. */
function band(chart: CurveChart, curve: Curve, theme: Theme): Json {
  const x: (number | null)[] = [];
  const y: (number | null)[] = [];
  for (const part of parts(curve)) {
    const back = [...part].reverse();
    x.push(...part.map(({ t }) => t), ...back.map(({ t }) => t), null);
    y.push(...part.map(({ mean, sd }) => mean + sd), ...back.map(({ mean, sd }) => mean - sd), null);
  }
  return {
    type: "scatter",
    mode: "lines",
    x,
    y,
    visible: curve.shown,
    fill: "toself",
    fillcolor: colour(chart, curve, theme),
    line: { width: 0 },
    opacity: 0.3,
    hoverinfo: "skip",
  };
}

interface Sample {
  t: number;
  mean: number;
  sd: number;
}

/** The samples between the gaps. */
function parts(curve: Curve): Sample[][] {
  const found: Sample[][] = [[]];
  times(curve).forEach((t, i) => {
    const mean = curve.values[i];
    const sd = curve.sd?.[i];
    if (mean == null || sd == null) found.push([]);
    else found[found.length - 1]?.push({ t, mean, sd });
  });
  return found.filter((part) => part.length > 0);
}

export function figure(chart: CurveChart, curves: Curves, theme: Theme): Figure {
  const axis = { color: theme.soft, gridcolor: theme.line, zerolinecolor: theme.soft, fixedrange: true };
  const bands = chart.curves.filter((curve) => curve.sd).map((curve) => band(chart, curve, theme));
  return {
    data: [...bands, ...chart.curves.map((curve) => line(chart, curve, theme))],
    layout: {
      margin: { l: 48, r: 12, t: 6, b: 30 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, color: theme.ink, size: 12 },
      showlegend: false,
      hovermode: "x unified",
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.line, font: { color: theme.ink, family: theme.font } },
      dragmode: false,
      shapes: curves.cues.map((cue) => shading(cue, theme)),
      xaxis: { ...axis, range: span(curves), ticksuffix: " s", showgrid: false },
      yaxis: { ...axis, nticks: 6 },
    },
  };
}

/** With the time cursor as the first shape: see `cursorAt`. */
export function withCursor({ data, layout }: Figure, theme: Theme): Figure {
  return { data, layout: { ...layout, shapes: [cursor(theme), ...(layout.shapes as Json[])] } };
}
