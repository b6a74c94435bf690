import { describe, expect, it } from "vitest";
import { colour, cursorAt, figure, name, span, times, withCursor, type Curve, type Curves } from "./curves";
import type { Theme } from "./theme";

const theme: Theme = {
  ink: "ink", soft: "soft", line: "line", surface: "surface", accent: "accent",
  on: "on", off: "off", shade: "shade", font: "serif",
};

function curve(label: string, side = "", values: (number | null)[] = [0, 1, 2]): Curve {
  return { label, side, caution: "", shown: side === "", t0: 0.5, step: 0.5, values };
}

const corners = {
  title: "Movement",
  unit: "% IOD",
  curves: [curve("Mouth corner"), curve("Mouth corner", "left"), curve("Cheek", "", [0, null, 1, 2])],
};
const curves: Curves = {
  cues: [{ start: 2, end: 4 }, { start: 6, end: 8 }],
  charts: [{ title: "Resemblance", unit: "margin", curves: [curve("Intensity")] }, corners],
};

describe("a film's curves", () => {
  it("lie on the film's own time", () => {
    expect(times(curve("Cheek"))).toEqual([0.5, 1, 1.5]);
  });

  it("share one span of time, to the end of the longest", () => {
    expect(span(curves)).toEqual([0, 2]);
    for (const chart of curves.charts) {
      const { layout } = figure(chart, curves, theme);
      expect((layout.xaxis as { range: number[] }).range).toEqual([0, 2]);
    }
  });

  it("name the side where there is one", () => {
    expect(corners.curves.map(name)).toEqual(["Mouth corner", "Mouth corner, left", "Cheek"]);
  });

  it("name low reliability too", () => {
    const cheek = { ...curve("Cheek raise", "left"), caution: "only 35 % of it is reported" };
    expect(name(cheek)).toBe("Cheek raise, left, low reliability");
  });

  it("keep one colour for both sides of a part, and another for another part", () => {
    const [both, left, cheek] = corners.curves.map((each) => colour(corners, each, theme));
    expect(both).toBe("accent");
    expect(left).toBe(both);
    expect(cheek).not.toBe(both);
  });

  it("leave a gap where the face was not seen", () => {
    const { data } = figure(corners, curves, theme);
    expect(data[2]).toMatchObject({ y: [0, null, 1, 2], connectgaps: false });
  });

  it("hide what is not to be shown", () => {
    const { data } = figure(corners, curves, theme);
    expect(data.map((trace) => trace.visible)).toEqual([true, false, true]);
  });

  it("have the cursor first, then the cue windows behind them", () => {
    const { layout } = withCursor(figure(corners, curves, theme), theme);
    const [first, ...shades] = layout.shapes as Record<string, unknown>[];
    expect(first).toMatchObject({ type: "line", x0: 0, x1: 0, yref: "paper" });
    expect(shades.map(({ x0, x1, layer }) => [x0, x1, layer])).toEqual([
      [2, 4, "below"],
      [6, 8, "below"],
    ]);
  });

  it("move the one cursor that there is, and add none", () => {
    expect(cursorAt(3.5)).toEqual({ "shapes[0].x0": 3.5, "shapes[0].x1": 3.5 });
  });
});

describe("a mean over the repeats", () => {
  const mean = { ...curve("Intensity", "", [1, 2, null, 3]), t0: -1, sd: [0.5, 1, null, 0.25] };
  const chart = { title: "Resemblance", unit: "margin", curves: [mean] };
  const repeats: Curves = { cues: [{ start: 0, end: 3 }], charts: [chart] };

  it("spans the time from before the cue on", () => {
    const { layout } = figure(chart, repeats, theme);
    expect((layout.xaxis as { range: number[] }).range).toEqual([-1, 1]);
  });

  it("lies in a band of one standard deviation, with a gap where it is not known", () => {
    const [band, line] = figure(chart, repeats, theme).data;
    expect(band).toMatchObject({
      x: [-1, -0.5, -0.5, -1, null, 0.5, 0.5, null],
      y: [1.5, 3, 1, 0.5, null, 3.25, 2.75, null],
      fill: "toself",
      fillcolor: "accent",
    });
    expect(line).toMatchObject({ name: "Intensity", y: [1, 2, null, 3] });
  });

  it("is hidden with its band", () => {
    const hidden = { ...chart, curves: [{ ...mean, shown: false }] };
    expect(figure(hidden, repeats, theme).data.map((trace) => trace.visible)).toEqual([false, false]);
  });

  it("has no cursor", () => {
    expect(figure(chart, repeats, theme).layout.shapes).toHaveLength(1);
  });
});
