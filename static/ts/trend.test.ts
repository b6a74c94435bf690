import { describe, expect, it } from "vitest";
import type { Theme } from "./theme";
import { figure, padded, type TrendLine } from "./trend";

const theme: Theme = {
  ink: "ink", soft: "soft", line: "line", surface: "paper", accent: "accent",
  on: "blue", off: "orange", shade: "shade", font: "serif",
};
const span: [string, string] = ["2026-01-01T10:00:00Z", "2026-11-01T10:00:00Z"];

function line(state: string, values: number[], sd: number | null = 0.4, apart = false): TrendLine {
  const points = values.map((value, i) => ({
    at: `2026-0${i + 1}-01T10:00:00Z`, date: "1 January 2026", value, words: `${value}`, sd, n: 3,
    href: `/sessions/${i}/`,
  }));
  return { state, apart, label: state.toUpperCase(), points };
}

function drawn(...lines: TrendLine[]) {
  return figure({ id: "a", title: "Amplitude", unit: "% IOD", lines }, span, theme);
}

describe("a trend", () => {
  it("keeps ON and OFF apart by colour, shape and dash", () => {
    const { data } = drawn(line("on", [8, 7]), line("off", [4, 5]));
    expect(data.map(({ marker }) => marker)).toMatchObject([
      { color: "blue", symbol: "circle" },
      { color: "orange", symbol: "square" },
    ]);
    expect(data.map((trace) => (trace.line as { dash: string }).dash)).toEqual(["solid", "dot"]);
  });

  it.each(["between", "unsure", ""])("draws the state %j hollow and joins its points to no line", (state) => {
    const [trace] = drawn(line(state, [6, 5])).data;
    expect(trace).toMatchObject({ mode: "markers", marker: { color: "paper" } });
  });

  it("draws practice hollow in its state's colour and shape, and joins it to no line", () => {
    const [trace] = drawn(line("on", [6, 5], 0.4, true)).data;
    expect(trace).toMatchObject({
      mode: "markers",
      marker: { color: "paper", symbol: "circle", line: { color: "blue" } },
    });
  });

  it("has the SD over the repeats as bars, none where there is no SD", () => {
    const [withSd, without] = drawn(line("on", [8]), line("off", [4], null)).data;
    expect(withSd?.error_y).toMatchObject({ array: [0.4] });
    expect(without?.error_y).toMatchObject({ array: [0] });
  });

  it("carries each point's session for the click", () => {
    const [trace] = drawn(line("on", [8, 7])).data;
    expect((trace?.customdata as { href: string }[]).map((point) => point.href)).toEqual([
      "/sessions/0/",
      "/sessions/1/",
    ]);
  });

  it("spans the time of all charts, with room at both ends, from zero up", () => {
    const { layout } = drawn(line("on", [8]));
    expect(layout.xaxis).toMatchObject({ range: padded(span) });
    expect(Date.parse(padded(span)[0])).toBeLessThan(Date.parse(span[0]));
    expect(Date.parse(padded(span)[1])).toBeGreaterThan(Date.parse(span[1]));
    expect(layout.yaxis).toMatchObject({ rangemode: "tozero" });
  });

  it("gives a single session room too", () => {
    const [from, to] = padded([span[0], span[0]]);
    expect(Date.parse(to) - Date.parse(from)).toBeGreaterThan(0);
  });
});
