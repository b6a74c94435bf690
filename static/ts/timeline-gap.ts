// ON less OFF of the headline measure: a row of its own under that measure's.

import type { Json } from "plotly.js-cartesian-dist-min";
import type { Theme } from "./theme";
import { written, type Gap, type Timeline, type View } from "./timeline-data";

export interface Row {
  axis: string; // "y", "y2", ...
  top: number; // of the plot, px from the top of all plots
  height: number;
}

/** With the pairs of which both sessions are among `visible`; null where there is none, or it is
 * not chosen. The mean is that of all pairs. */
export function gapShown(data: Timeline, view: View, visible: readonly number[]): Gap | null {
  if (data.gap === null || !view.measures.has("gap")) return null;
  const seen = new Set(visible);
  const pairs = data.gap.pairs.filter(([later, earlier]) => seen.has(later) && seen.has(earlier));
  return pairs.length ? { ...data.gap, pairs } : null;
}

/** What is told of a session that ends a pair. */
export function toldGap(data: Timeline, view: View, place: number): string[] {
  const pair = view.measures.has("gap") && data.gap?.pairs.find(([later]) => later === place);
  if (!pair || !data.gap) return [];
  const { title, unit } = data.gap;
  return [`${title} ${written(pair[2])} ${unit} (with ${data.sessions[pair[1]]?.date ?? ""})`];
}

export function gapTraces(data: Timeline, gap: Gap, row: Row, theme: Theme): Json[] {
  const sessions = gap.pairs.map(([later, earlier]) => [data.sessions[later], data.sessions[earlier]]);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      x: sessions.map(([later]) => later?.at),
      y: gap.pairs.map(([, , value]) => value),
      yaxis: row.axis,
      customdata: gap.pairs.map(([, , value], i) => ({
        href: sessions[i]?.[0]?.href,
        words: written(value),
        pair: sessions[i]?.map((one) => `${data.states[one?.state ?? ""]} ${one?.date}`).reverse().join(", "),
      })),
      cliponaxis: true,
      marker: { symbol: "diamond", size: 8, color: theme.ink },
      line: { color: theme.soft, width: 1 },
      hovertemplate:
        `<b>${gap.title}: %{customdata.words} ${gap.unit}</b><br>%{customdata.pair}<extra></extra>`,
    },
  ];
}

/** Zero, where ON and OFF are alike, and the mean. */
export function gapShape(gap: Gap, row: Row, theme: Theme): Json[] {
  const across = { type: "line", layer: "below", xref: "paper", x0: 0, x1: 1, yref: row.axis };
  return [
    { ...across, y0: 0, y1: 0, line: { color: theme.soft, width: 1 } },
    { ...across, y0: gap.mean, y1: gap.mean, line: { color: theme.ink, width: 1, dash: "dash" } },
  ];
}
