import { describe, expect, it } from "vitest";

import { figure, type Agreement } from "./agreement-plot";
import type { Theme } from "./theme";

const THEME: Theme = {
  ink: "ink", soft: "soft", line: "line", surface: "surface", accent: "accent",
  on: "on", off: "off", shade: "shade", font: "font",
};
const DATA: Agreement = {
  state: "off",
  words: "OFF",
  unit: "% IOD",
  log: false,
  points: [[10, 1], [12, -2]],
  lines: [-4.5, -0.5, 3.5],
};

describe("Bland and Altman's plot", () => {
  it("has one point per person and a line at the mean and both limits", () => {
    const { data, layout } = figure(DATA, THEME);
    expect(data[0]).toMatchObject({ x: [10, 12], y: [1, -2] });
    const shapes = layout.shapes as { y0: number; y1: number; line: { dash: string } }[];
    expect(shapes.map(({ y0, line }) => [y0, line.dash])).toEqual([
      [-4.5, "dash"],
      [-0.5, "solid"],
      [3.5, "dash"],
    ]);
    expect(shapes.every(({ y0, y1 }) => y0 === y1)).toBe(true);
  });

  it("draws ratios on a scale of ratios", () => {
    const { layout } = figure({ ...DATA, log: true }, THEME);
    expect(layout.yaxis).toMatchObject({ type: "log", title: { text: "Second / first" } });
    expect(figure(DATA, THEME).layout.yaxis).toMatchObject({ type: "linear" });
  });

  it("tells ON from OFF by the shape as well", () => {
    const symbol = (state: "on" | "off") =>
      (figure({ ...DATA, state }, THEME).data[0]?.marker as { symbol: string }).symbol;
    expect(symbol("on")).not.toBe(symbol("off"));
  });
});
