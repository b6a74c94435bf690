// The curves under two films: of each the first of every chart, on the clock's time and one scale.

import { figure, name, withCursor, type Cue, type Curve, type CurveChart, type Figure, type FilmCurves } from "./curves";
import type { Theme } from "./theme";

/** One curve of one film: its chart has no other. */
export interface Main {
  chart: CurveChart;
  curve: Curve;
}

/** The resemblance to the asked expression, where it is shown, and the main movement. */
export function mains(curves: FilmCurves): Main[] {
  return curves.charts.flatMap((chart) => {
    const curve = chart.curves.find((each) => each.shown);
    return curve ? [{ chart: { ...chart, curves: [curve] }, curve }] : [];
  });
}

export function heading({ chart, curve }: Main): string {
  return name(curve) === chart.title ? chart.title : `${chart.title}: ${name(curve)}`;
}

/** Lowest and highest value of these curves with a little room, so that one scale fits them all. */
export function scale(curves: readonly Curve[]): [number, number] {
  const values = curves.flatMap((curve) => curve.values.filter((value) => value !== null));
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = 0.06 * (high - low || 1);
  return [low - room, high + room];
}

/** On a time that is zero at `zero` seconds of the film. */
export function figureAt(
  { chart, curve }: Main,
  cues: readonly Cue[],
  zero: number,
  span: [number, number],
  range: [number, number],
  theme: Theme,
): Figure {
  const moved = { ...chart, curves: [{ ...curve, t0: curve.t0 - zero }] };
  const movedCues = cues.map(({ start, end }) => ({ start: start - zero, end: end - zero }));
  const drawn = withCursor(figure(moved, { cues: movedCues, charts: [moved] }, theme), theme);
  const { xaxis, yaxis, ...layout } = drawn.layout;
  return {
    data: drawn.data,
    layout: {
      ...layout,
      xaxis: { ...(xaxis as object), range: span },
      yaxis: { ...(yaxis as object), range },
    },
  };
}
