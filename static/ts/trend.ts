// One measure over a patient's sessions as a Plotly figure: ON and OFF apart by colour and shape.

import type { Json } from "plotly.js-cartesian-dist-min";
import type { Theme } from "./theme";

export interface TrendPoint {
  at: string;
  date: string;
  value: number;
  words: string;
  sd: number | null;
  n: number;
  href: string;
}

export interface TrendLine {
  state: string;
  /** Shown beside the line, not as part of it. */
  apart: boolean;
  label: string;
  points: TrendPoint[];
}

export interface TrendChart {
  id: string;
  title: string;
  unit: string;
  lines: TrendLine[];
}

export interface Trends {
  span: [string, string] | null;
  charts: TrendChart[];
}

const DAY_MS = 86_400_000;

/** The shared span of time with room at both ends, so that no point sits on the frame. */
export function padded([from, to]: [string, string]): [string, string] {
  const start = Date.parse(from);
  const end = Date.parse(to);
  const room = Math.max(3 * DAY_MS, (end - start) * 0.06);
  return [new Date(start - room).toISOString(), new Date(end + room).toISOString()];
}

const SYMBOLS: Readonly<Record<string, string>> = { on: "circle", off: "square" };

function colour(state: string, theme: Theme): string {
  return state === "on" ? theme.on : state === "off" ? theme.off : theme.soft;
}

/** Filled where the points are joined to a line, hollow where they stand alone. */
function marker(state: string, joined: boolean, theme: Theme): Json {
  const shape = { symbol: SYMBOLS[state] ?? "diamond", size: 9 };
  const color = colour(state, theme);
  return joined ? { ...shape, color } : { ...shape, color: theme.surface, line: { color, width: 2 } };
}

function trace(line: TrendLine, unit: string, theme: Theme): Json {
  const joined = !line.apart && line.state in SYMBOLS;
  const array = line.points.map((point) => point.sd ?? 0);
  return {
    type: "scatter",
    // Only a known state is joined to a line, and only what is compared with one another.
    mode: joined ? "lines+markers" : "markers",
    name: line.label,
    x: line.points.map((point) => point.at),
    y: line.points.map((point) => point.value),
    error_y: { type: "data", array, thickness: 1, width: 2, color: colour(line.state, theme) },
    customdata: line.points,
    cliponaxis: false, // a marker at zero is drawn whole
    marker: marker(line.state, joined, theme),
    line: { color: colour(line.state, theme), width: 1.5, dash: line.state === "off" ? "dot" : "solid" },
    hovertemplate:
      `<b>%{customdata.words} ${unit}</b><br>${line.label}, %{customdata.date}` +
      "<br>n = %{customdata.n}<extra></extra>",
  };
}

export function figure(
  chart: TrendChart,
  span: [string, string],
  theme: Theme,
): { data: Json[]; layout: Json } {
  const axis = {
    color: theme.soft,
    gridcolor: theme.line,
    zerolinecolor: theme.line,
    fixedrange: true,
    tickfont: { size: 11 },
  };
  return {
    data: chart.lines.map((line) => trace(line, chart.unit, theme)),
    layout: {
      margin: { l: 42, r: 8, t: 8, b: 28 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, color: theme.ink, size: 12 },
      showlegend: false,
      hovermode: "closest",
      dragmode: false,
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.line, font: { color: theme.ink, family: theme.font } },
      xaxis: {
        ...axis,
        type: "date",
        range: padded(span),
        nticks: 5,
        showgrid: false,
        tickformatstops: [
          { dtickrange: [null, "M1"], value: "%-d %b\n%Y" },
          { dtickrange: ["M1", null], value: "%b %Y" },
        ],
      },
      yaxis: { ...axis, rangemode: "tozero", nticks: 5 },
    },
  };
}
