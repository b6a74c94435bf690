// Curves over a film's own time as Plotly figures, with the cue windows shaded and a time cursor.

import type { Json } from "plotly.js-cartesian-dist-min";
import type { Theme } from "./theme";

export interface Curve {
  label: string;
  side: string;
  shown: boolean;
  t0: number;
  step: number;
  values: (number | null)[];
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
  title: string;
  cues: Cue[];
  charts: CurveChart[];
}

/** For curves after the first, which has the accent; readable on light and dark, in no state's hue. */
const FURTHER = ["#9a6fd0", "#94811f", "#cf5a8d", "#5f8fa8", "#7d8a8c"];

export function name(curve: Curve): string {
  return curve.side ? `${curve.label}, ${curve.side}` : curve.label;
}

export function times(curve: Curve): number[] {
  return curve.values.map((_, i) => curve.t0 + i * curve.step);
}

/** When the last of the curves ends, in seconds; all charts of a film span this time. */
export function lasts(curves: Curves): number {
  const all = curves.charts.flatMap((chart) => chart.curves);
  return Math.max(1, ...all.map((curve) => curve.t0 + curve.step * (curve.values.length - 1)));
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

function trace(chart: CurveChart, curve: Curve, theme: Theme): Json {
  return {
    type: "scatter",
    mode: "lines",
    name: name(curve),
    x: times(curve),
    y: curve.values,
    visible: curve.shown,
    connectgaps: false,
    line: {
      width: 1.75,
      color: colour(chart, curve, theme),
      dash: { left: "dash", right: "dot" }[curve.side] ?? "solid",
    },
    hovertemplate: `%{y:.3~g} ${chart.unit}`,
  };
}

/** The cursor is the first shape: see `cursorAt`. */
export function figure(
  chart: CurveChart,
  curves: Curves,
  theme: Theme,
): { data: Json[]; layout: Json } {
  const axis = { color: theme.soft, gridcolor: theme.line, zerolinecolor: theme.soft, fixedrange: true };
  return {
    data: chart.curves.map((curve) => trace(chart, curve, theme)),
    layout: {
      margin: { l: 48, r: 12, t: 6, b: 30 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, color: theme.ink, size: 12 },
      showlegend: false,
      hovermode: "x unified",
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.line, font: { color: theme.ink, family: theme.font } },
      dragmode: false,
      shapes: [cursor(theme), ...curves.cues.map((cue) => shading(cue, theme))],
      xaxis: { ...axis, range: [0, lasts(curves)], ticksuffix: " s", showgrid: false },
      yaxis: { ...axis, nticks: 6 },
    },
  };
}
