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

function marker(state: string, theme: Theme): Json {
  if (state === "on") return { color: theme.on, symbol: "circle", size: 9 };
  if (state === "off") return { color: theme.off, symbol: "square", size: 9 };
  const line = { color: theme.soft, width: 2 };
  return { color: theme.surface, symbol: "diamond", size: 9, line };
}

function trace(line: TrendLine, unit: string, theme: Theme): Json {
  const known = line.state === "on" || line.state === "off";
  const mark = marker(line.state, theme);
  const array = line.points.map((point) => point.sd ?? 0);
  return {
    type: "scatter",
    // Only a known state is joined to a line; the others stand alone.
    mode: known ? "lines+markers" : "markers",
    name: line.label,
    x: line.points.map((point) => point.at),
    y: line.points.map((point) => point.value),
    error_y: { type: "data", array, thickness: 1, width: 2, color: mark.line ? theme.soft : mark.color },
    customdata: line.points,
    cliponaxis: false, // a marker at zero is drawn whole
    marker: mark,
    line: { color: mark.color, width: 1.5, dash: line.state === "off" ? "dot" : "solid" },
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
