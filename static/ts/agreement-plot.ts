// Bland and Altman's plot: the difference of two sessions against their mean, one point per person.

import type { Json } from "plotly.js-cartesian-dist-min";
import type { Theme } from "./theme";

export interface Agreement {
  state: "on" | "off";
  words: string;
  unit: string;
  /** Of logarithms: the difference is a ratio, drawn on a scale of ratios. */
  log: boolean;
  /** Mean and difference of each pair. */
  points: [number, number][];
  /** The lower limit, the mean difference, the upper limit. */
  lines: [number, number, number];
}

function line(y: number, dash: string, colour: string): Json {
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line: { color: colour, width: 1.5, dash } };
}

export function figure(data: Agreement, theme: Theme): { data: Json[]; layout: Json } {
  const [low, bias, high] = data.lines;
  const axis = { gridcolor: theme.line, zerolinecolor: theme.line, linecolor: theme.line, automargin: true };
  const second = data.log ? "Second / first" : `Second minus first, ${data.unit}`;
  const points = {
    type: "scatter",
    mode: "markers",
    x: data.points.map(([mean]) => mean),
    y: data.points.map(([, difference]) => difference),
    marker: {
      color: data.state === "on" ? theme.on : theme.off,
      size: 9,
      symbol: data.state === "on" ? "circle" : "diamond",
    },
    hovertemplate: `mean %{x:.3g} ${data.unit}<br>${data.log ? "ratio" : "difference"} %{y:.3g}<extra></extra>`,
  };
  return {
    data: [points],
    layout: {
      margin: { l: 16, r: 16, t: 8, b: 16 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, color: theme.ink, size: 13 },
      showlegend: false,
      dragmode: false,
      xaxis: { ...axis, title: { text: `Mean of the two, ${data.unit}` }, fixedrange: true },
      yaxis: { ...axis, title: { text: second }, type: data.log ? "log" : "linear", fixedrange: true },
      shapes: [line(low, "dash", theme.soft), line(bias, "solid", theme.ink), line(high, "dash", theme.soft)],
    },
  };
}
