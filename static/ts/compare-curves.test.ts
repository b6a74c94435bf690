import { describe, expect, it } from "vitest";
import { figureAt, heading, mains, scale } from "./compare-curves";
import type { Curve, FilmCurves } from "./curves";
import type { Theme } from "./theme";

const theme: Theme = {
  ink: "ink", soft: "soft", line: "line", surface: "surface", accent: "accent",
  on: "on", off: "off", shade: "shade", font: "serif",
};

function curve(label: string, side = "", caution = ""): Curve {
  return { label, side, caution, shown: side === "", t0: 1, step: 0.5, values: [0, null, 4] };
}

const curves: FilmCurves = {
  cues: [{ start: 2, end: 4 }],
  charts: [
    { title: "Resemblance", unit: "margin", curves: [curve("Intensity"), curve("Specificity")] },
    { title: "Movement", unit: "% IOD", curves: [curve("Brow", "left"), curve("Brow", "", "weak")] },
  ],
  repeats: null,
};

describe("the curves under two films", () => {
  it("are the first of each chart that is of both sides of the face", () => {
    expect(mains(curves).map(heading)).toEqual(["Resemblance: Intensity", "Movement: Brow, low reliability"]);
    expect(mains(curves).map(({ chart }) => chart.curves.length)).toEqual([1, 1]);
  });

  it("lie on the clock's time, as their cue windows do", () => {
    const main = mains(curves)[0];
    if (main === undefined) throw new Error("there is no curve");
    const { data, layout } = figureAt(main, curves.cues, 2, [-2, 9], [0, 5], theme);
    expect(data[0]?.x).toEqual([-1, -0.5, 0]);
    const [cursor, cue] = layout.shapes as { x0: number; x1: number }[];
    expect(cursor).toMatchObject({ x0: 0, x1: 0 });
    expect(cue).toMatchObject({ x0: 0, x1: 2 });
    expect(layout.xaxis).toMatchObject({ range: [-2, 9] });
    expect(layout.yaxis).toMatchObject({ range: [0, 5] });
  });

  it("share a scale in which all of them and zero have room", () => {
    const [low, high] = scale([curve("Brow"), { ...curve("Brow"), values: [-6, 2] }]);
    expect(low).toBeCloseTo(-6.6);
    expect(high).toBeCloseTo(4.6);
    expect(scale([{ ...curve("Brow"), values: [null] }])).toEqual([-0.06, 0.06]);
  });
});
