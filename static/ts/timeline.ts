// A patient's course as one Plotly figure: a row for each measure, then medicines, events and what
// changed in the filming, all on one time axis.

import type { Json } from "plotly.js-cartesian-dist-min";
import { gapShape, gapShown, gapTraces, toldGap, type Row } from "./timeline-gap";
import type { Theme } from "./theme";
import {
  read, within, written, type Bar, type Gap, type Lane, type Measure, type Point, type Range, type Timeline, type View,
} from "./timeline-data";

export type { Band, Gap, Lane, Measure, Point, Range, Session, Timeline, View } from "./timeline-data";

const DAY_MS = 86_400_000;
const ROW = 96;
const TITLE = 26;
const LANE = 24;
const BOTTOM = 44;
const LABELS = { wide: 112, narrow: 88 }; // room for the lanes' names
const MANY = { wide: 60, narrow: 24 }; // sessions: with more, bars of the SD would hide the points
const SYMBOLS: Readonly<Record<string, string>> = { on: "circle", off: "square" };
const FLAGS: Readonly<Record<string, string>> = { event: "triangle-down", flag: "x-thin-open", stage: "circle-open" };

/** The time shown, with room at both ends, so that no point sits on the frame. */
export function range(data: Timeline, months: number | null): Range {
  const [from, to] = (data.span ?? ["", ""]).map(read) as Range;
  const wanted = new Date(read(data.sessions.at(-1)?.at ?? ""));
  if (months !== null) wanted.setUTCMonth(wanted.getUTCMonth() - months);
  const start = months === null ? from : Math.max(from, wanted.getTime());
  const room = Math.max(3 * DAY_MS, (to - start) * 0.04);
  return [start - room, to + room];
}

/** The sessions, by their place, that the view shows. */
export function shown(data: Timeline, view: View): number[] {
  const [from, to] = range(data, view.months);
  const found: number[] = [];
  data.sessions.forEach((session, place) => {
    const moment = read(session.at);
    if (view.states.has(session.state) && from <= moment && moment <= to) found.push(place);
  });
  return found;
}

/** A session in words: its date, its state, and its value in each measure that is shown. */
export function told(data: Timeline, view: View, place: number): string {
  const session = data.sessions[place];
  if (session === undefined) return "";
  const values = data.measures
    .filter((measure) => view.measures.has(measure.id))
    .flatMap((measure) => {
      const point = measure.points.find(([of]) => of === place);
      if (point === undefined) return [];
      const apart = point[4] ? ` (not compared: ${point[4]})` : "";
      return [`${measure.title} ${written(point[1])} ${measure.unit}${apart}`];
    });
  const told = [...values, ...toldGap(data, view, place)];
  return `${session.date}, ${data.states[session.state]}: ${told.join("; ")}.`;
}

function colour(state: string, theme: Theme): string {
  return state === "on" ? theme.on : state === "off" ? theme.off : theme.soft;
}

/** Filled where the points are joined to a line, hollow where they stand alone. */
function marker(state: string, joined: boolean, size: number, theme: Theme): Json {
  const shape = { symbol: SYMBOLS[state] ?? "diamond", size };
  const color = colour(state, theme);
  return joined ? { ...shape, color } : { ...shape, color: theme.surface, line: { color, width: 2 } };
}

function rows(count: number, lanes: number): { measures: Row[]; lanes: Row; height: number } {
  const measures = Array.from({ length: count }, (_, i) => ({
    axis: i === 0 ? "y" : `y${i + 1}`,
    top: i * (ROW + TITLE) + TITLE,
    height: ROW,
  }));
  const top = count * (ROW + TITLE) + (lanes ? TITLE / 2 : 0);
  return {
    measures,
    lanes: { axis: count === 0 ? "y" : `y${count + 1}`, top, height: lanes * LANE },
    height: top + lanes * LANE,
  };
}

function domain(row: Row, height: number): [number, number] {
  return [Math.max(0, 1 - (row.top + row.height) / height), 1 - row.top / height];
}

function traces(data: Timeline, measure: Measure, row: Row, view: View, theme: Theme): Json[] {
  const visible = new Set(shown(data, view));
  const few = visible.size <= (view.narrow ? MANY.narrow : MANY.wide);
  const groups = new Map<string, Point[]>();
  for (const point of measure.points) {
    const session = data.sessions[point[0]];
    if (session === undefined || !visible.has(point[0])) continue;
    const key = `${session.state}|${point[4] ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  return [...groups].map(([key, points]) => {
    const [state = "", apart = ""] = key.split("|");
    return trace(data, measure, row, { state, apart, points, few }, theme);
  });
}

interface Group {
  state: string;
  apart: string;
  points: Point[];
  few: boolean;
}

function trace(data: Timeline, measure: Measure, row: Row, group: Group, theme: Theme): Json {
  const { state, apart, points } = group;
  const joined = apart === "" && state in SYMBOLS;
  const color = colour(state, theme);
  const label = [apart, data.states[state]].filter(Boolean).join(", ");
  const array = points.map(([, , sd]) => sd ?? 0);
  return {
    type: "scatter",
    // Only a known state is joined to a line, and only what is compared with one another.
    mode: joined ? "lines+markers" : "markers",
    x: points.map(([place]) => data.sessions[place]?.at),
    y: points.map(([, value]) => value),
    yaxis: row.axis,
    ...(group.few ? { error_y: { type: "data", array, thickness: 1, width: 2, color } } : {}),
    customdata: points.map(([place, value, , n]) => ({
      href: data.sessions[place]?.href,
      date: data.sessions[place]?.date,
      words: written(value),
      n,
    })),
    cliponaxis: true,
    marker: marker(state, joined, group.few ? 8 : 5, theme),
    line: { color, width: 1.5, dash: state === "off" ? "dot" : "solid" },
    hovertemplate:
      `<b>${measure.title}: %{customdata.words} ${measure.unit}</b><br>${label}, %{customdata.date}` +
      "<br>n = %{customdata.n}<extra></extra>",
  };
}

/** Of ON a shaded field, of OFF one between dashed lines. */
function bandShapes(measure: Measure, row: Row, view: View, theme: Theme): Json[] {
  return measure.bands
    .filter((band) => view.states.has(band.state))
    .map((band) => ({
      type: "rect",
      layer: "below",
      xref: "paper",
      x0: 0,
      x1: 1,
      yref: row.axis,
      y0: Math.max(0, band.low),
      y1: band.high,
      fillcolor: colour(band.state, theme),
      opacity: band.state === "on" ? 0.16 : 0.3,
      ...(band.state === "on"
        ? { line: { width: 0 } }
        : { fillcolor: "rgba(0,0,0,0)", opacity: 0.8, line: { width: 1, dash: "dash", color: theme.off } }),
    }));
}

/** Events reach through all measures. */
function eventShapes(data: Timeline, shownRange: Range, theme: Theme): Json[] {
  return data.lanes
    .filter((lane) => lane.kind === "event")
    .flatMap((lane) => lane.marks)
    .filter((mark) => within(mark.at, shownRange))
    .map((mark) => ({
      type: "line",
      layer: "below",
      x0: mark.at,
      x1: mark.at,
      yref: "paper",
      y0: 0,
      y1: 1,
      line: { color: theme.soft, width: 1, dash: "dot" },
    }));
}

function laneTraces(lanes: Lane[], row: Row, shownRange: Range, theme: Theme): Json[] {
  return lanes.flatMap((lane, place) => [
    ...lane.bars.flatMap((bar) => barTrace(bar, place, row, shownRange, theme)),
    ...(lane.marks.length ? [markTrace(lane, place, row, theme)] : []),
  ]);
}

/** Cut to the time shown, so that its words stand where they are seen. */
function barTrace(bar: Bar, place: number, row: Row, [from, to]: Range, theme: Theme): Json[] {
  const start = Math.max(from, read(bar.from));
  const end = Math.min(to, read(bar.until));
  if (end <= start) return [];
  return [
    {
      type: "bar",
      orientation: "h",
      base: [new Date(start).toISOString()],
      x: [end - start],
      y: [place],
      width: 0.72,
      yaxis: row.axis,
      text: [bar.text],
      textposition: "inside",
      insidetextanchor: "start",
      textangle: 0,
      constraintext: "none",
      textfont: { color: theme.ink, size: 12 },
      marker: { color: theme.shade, line: { color: theme.soft, width: 1 } },
      customdata: [{ words: bar.words }],
      hovertemplate: "%{customdata.words}<extra></extra>",
    },
  ];
}

function markTrace(lane: Lane, place: number, row: Row, theme: Theme): Json {
  return {
    type: "scatter",
    mode: lane.marks.some((mark) => mark.text) ? "markers+text" : "markers",
    x: lane.marks.map((mark) => mark.at),
    y: lane.marks.map(() => place),
    yaxis: row.axis,
    text: lane.marks.map((mark) => mark.text),
    textposition: "middle right",
    marker: { symbol: FLAGS[lane.kind], size: 10, color: theme.ink, line: { width: 2, color: theme.ink } },
    customdata: lane.marks.map(({ date, words, href }) => ({ date, words, href })),
    hovertemplate: "<b>%{customdata.words}</b><br>%{customdata.date}<extra></extra>",
  };
}

function title(measure: Measure | Gap, row: Row, height: number, labels: number, theme: Theme): Json {
  return {
    text: `<b>${measure.title}</b> ${measure.unit}`,
    showarrow: false,
    xref: "paper",
    x: 0,
    xshift: 4 - labels,
    xanchor: "left",
    yref: "paper",
    y: 1 - (row.top - 4) / height,
    yanchor: "bottom",
    font: { size: labels === LABELS.narrow ? 11 : 12, color: theme.ink },
  };
}

function cursorShape(data: Timeline, cursor: number | null, theme: Theme): Json[] {
  const session = cursor === null ? undefined : data.sessions[cursor];
  if (session === undefined) return [];
  const line = { color: theme.accent, width: 2 };
  return [{ type: "line", x0: session.at, x1: session.at, yref: "paper", y0: 0, y1: 1, line }];
}

export function figure(
  data: Timeline,
  view: View,
  cursor: number | null,
  theme: Theme,
): { data: Json[]; layout: Json } {
  const measures = data.measures.filter((measure) => view.measures.has(measure.id));
  const gap = gapShown(data, view, shown(data, view));
  const place = rows(measures.length + (gap ? 1 : 0), data.lanes.length);
  // ON less OFF follows the headline measure, of which it is.
  const under = measures[0] === data.measures[0] ? 1 : 0;
  const gapRow = gap ? (place.measures.splice(under, 1)[0] ?? null) : null;
  const each = measures.map((measure, i) => [measure, place.measures[i] as Row] as const);
  const titled = gap && gapRow ? [...each, [gap, gapRow] as const] : each;
  const shownRange = range(data, view.months);
  const labels = view.narrow ? LABELS.narrow : LABELS.wide;
  const small = view.narrow ? 10 : 11;
  const common = { color: theme.soft, gridcolor: theme.line, zerolinecolor: theme.line, fixedrange: true };
  const axes: Json = {};
  for (const [, row] of titled) {
    axes[row.axis.replace("y", "yaxis")] = {
      ...common, domain: domain(row, place.height), rangemode: "tozero", nticks: 4, tickfont: { size: 11 },
    };
  }
  if (data.lanes.length) {
    axes[place.lanes.axis.replace("y", "yaxis")] = {
      ...common,
      domain: domain(place.lanes, place.height),
      range: [data.lanes.length - 0.5, -0.5],
      tickvals: data.lanes.map((_, i) => i),
      ticktext: data.lanes.map((lane) => lane.label),
      tickfont: { size: small, color: theme.ink },
      zeroline: false,
    };
  }
  return {
    data: [
      ...each.flatMap(([measure, row]) => traces(data, measure, row, view, theme)),
      ...(gap && gapRow ? gapTraces(data, gap, gapRow, theme) : []),
      ...laneTraces(data.lanes, place.lanes, shownRange, theme),
    ],
    layout: {
      height: place.height + BOTTOM,
      margin: { l: labels, r: 12, t: 0, b: BOTTOM },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, color: theme.ink, size: 12 },
      showlegend: false,
      barmode: "overlay",
      hovermode: "closest",
      dragmode: false,
      hoverlabel: { bgcolor: theme.surface, bordercolor: theme.line, font: { color: theme.ink, family: theme.font } },
      annotations: titled.map(([measure, row]) => title(measure, row, place.height, labels, theme)),
      shapes: [
        ...each.flatMap(([measure, row]) => bandShapes(measure, row, view, theme)),
        ...(gap && gapRow ? gapShape(gap, gapRow, theme) : []),
        ...eventShapes(data, shownRange, theme),
        ...cursorShape(data, cursor, theme),
      ],
      xaxis: {
        ...common,
        type: "date",
        anchor: "free",
        position: 0,
        range: shownRange.map((moment) => new Date(moment).toISOString()),
        nticks: view.narrow ? 3 : 8,
        tickangle: 0,
        showgrid: false,
        tickfont: { size: small },
        tickformatstops: [
          { dtickrange: [null, "M1"], value: "%-d %b\n%Y" },
          { dtickrange: ["M1", null], value: "%b %Y" },
        ],
      },
      ...axes,
    },
  };
}
