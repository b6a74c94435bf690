import { describe, expect, it } from "vitest";
import { moved } from "./course";
import type { Theme } from "./theme";
import { figure, range, shown, told, type Lane, type Point, type Timeline, type View } from "./timeline";

const theme: Theme = {
  ink: "ink", soft: "soft", line: "line", surface: "paper", accent: "accent",
  on: "blue", off: "orange", shade: "shade", font: "serif",
};
const STATES = { on: "ON", off: "OFF", between: "In between", unsure: "Not sure", "": "Not told" };

/** One session a month of 2026, in these states; the value of each is its place plus one. */
function course(states: string[], lanes: Lane[] = [], apart: Record<number, string> = {}): Timeline {
  const sessions = states.map((state, i) => ({
    at: `2026-${String(i + 1).padStart(2, "0")}-10T10:00`, date: `day ${i}`, state, href: `/sessions/${i}/`,
  }));
  const points = states.map((_, i): Point => [i, i + 1, 0.4, 3, ...(apart[i] ? [apart[i]] : [])] as Point);
  const bands = [{ state: "on", low: 2, high: 4 }, { state: "off", low: -1, high: 2 }];
  return {
    span: [sessions[0]?.at ?? "", sessions.at(-1)?.at ?? ""],
    sessions, states: STATES, lanes, gap: null,
    measures: [
      { id: "a", title: "Expressivity", unit: "% IOD", bands, points },
      { id: "b", title: "Slowness", unit: "s", bands: [], points },
    ],
  };
}

function view(changes: Partial<View> = {}): View {
  return { narrow: false, months: null, states: new Set(Object.keys(STATES)), measures: new Set(["a", "b"]), ...changes };
}

function drawn(data: Timeline, chosen = view(), cursor: number | null = null) {
  return figure(data, chosen, cursor, theme);
}

type Shape = { type: string; yref: string; y0: number; line: { dash?: string; color?: string } };

describe("the course", () => {
  it("keeps ON and OFF apart by colour, shape and dash", () => {
    const [on, off] = drawn(course(["on", "off", "on", "off"])).data;
    expect(on).toMatchObject({ mode: "lines+markers", marker: { color: "blue", symbol: "circle" }, line: { dash: "solid" } });
    expect(off).toMatchObject({ mode: "lines+markers", marker: { color: "orange", symbol: "square" }, line: { dash: "dot" } });
  });

  it.each(["between", "unsure", ""])("draws the state %j hollow and joins its points to no line", (state) => {
    expect(drawn(course([state, state])).data[0]).toMatchObject({ mode: "markers", marker: { color: "paper" } });
  });

  it("draws practice hollow in its state's colour, beside the line", () => {
    const [practice, rest] = drawn(course(["on", "on", "on"], [], { 0: "Practice" })).data;
    expect(practice).toMatchObject({ mode: "markers", marker: { color: "paper", line: { color: "blue" } }, y: [1] });
    expect(rest).toMatchObject({ mode: "lines+markers", y: [2, 3] });
  });

  it("has all rows on one axis of time, and a value axis each", () => {
    const { data, layout } = drawn(course(["on", "on"]));
    expect(data.map((trace) => trace.xaxis)).toEqual([undefined, undefined]);
    expect(data.map((trace) => trace.yaxis)).toEqual(["y", "y2"]);
    expect(layout).toMatchObject({ yaxis: { rangemode: "tozero" }, yaxis2: { rangemode: "tozero" } });
    const [upper, lower] = [layout.yaxis, layout.yaxis2] as { domain: [number, number] }[];
    expect(upper?.domain[0]).toBeGreaterThan(lower?.domain[1] ?? 1);
  });

  it("shades the band of ON and edges that of OFF, not below zero, and hides it with its state", () => {
    const data = course(["on", "off"]);
    const bands = (drawn(data).layout.shapes as Shape[]).filter(({ type }) => type === "rect");
    expect(bands.map(({ y0, yref }) => [y0, yref])).toEqual([[2, "y"], [0, "y"]]);
    expect(bands[1]?.line).toMatchObject({ dash: "dash", color: "orange" });
    expect(drawn(data, view({ states: new Set(["off"]) })).layout.shapes).toHaveLength(1);
  });

  it("shows the months before the last session", () => {
    const data = course(["on", "on", "on", "on", "on", "on"]);
    expect(shown(data, view())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(shown(data, view({ months: 3 }))).toEqual([2, 3, 4, 5]);
    expect(drawn(data, view({ months: 3 })).data[0]).toMatchObject({ y: [3, 4, 5, 6] });
  });

  it("reaches to what happened after the last session, and counts the months back from that session", () => {
    const data = course(["on", "on", "on", "on", "on", "on"]);
    data.span = [data.span![0], "2026-09-01T12:00"];
    expect(range(data, null)[1]).toBeGreaterThan(Date.UTC(2026, 8, 1, 12));
    expect(shown(data, view({ months: 3 }))).toEqual([2, 3, 4, 5]);
  });

  it("gives a single session room, and never begins before the first", () => {
    const [from, to] = range(course(["on"]), 12);
    expect(to - from).toBeGreaterThan(0);
    expect(range(course(["on", "on"]), 12)).toEqual(range(course(["on", "on"]), null));
  });

  it("leaves out hidden measures and hidden states", () => {
    const data = course(["on", "off", "on"]);
    const chosen = view({ measures: new Set(["b"]), states: new Set(["on"]) });
    const { data: traces, layout } = drawn(data, chosen);
    expect(traces).toHaveLength(1);
    expect(traces[0]).toMatchObject({ y: [1, 3], yaxis: "y" });
    expect(layout.annotations).toMatchObject([{ text: "<b>Slowness</b> s" }]);
    expect(layout.height).toBeLessThan(drawn(data).layout.height as number);
  });

  it("draws medicines as bars that are cut to the time shown, and events through all rows", () => {
    const mark = { at: "2026-05-20T12:00", date: "20 May 2026", words: "Dose change", text: "" };
    const bar = { from: "2020-01-01", until: "2026-06-11", text: "LEDD 300 mg", words: "levodopa" };
    const past = { ...bar, from: "2020-01-01", until: "2020-02-01" };
    const lanes = [
      { label: "Medicines", kind: "regimen", bars: [past, bar], marks: [] },
      { label: "Dose change", kind: "event", bars: [], marks: [mark, { ...mark, at: "2026-01-15T12:00" }] },
    ];
    const data = course(["on", "on", "on", "on", "on", "on"], lanes);
    const chosen = view({ months: 3 });
    const { data: traces, layout } = drawn(data, chosen);
    const bars = traces.filter(({ type }) => type === "bar");
    expect(bars).toHaveLength(1);
    expect(Date.parse((bars[0]?.base as string[])[0] ?? "")).toBe(range(data, 3)[0]);
    expect((layout.shapes as Shape[]).filter(({ type }) => type === "line")).toHaveLength(1);
    expect(layout.yaxis3).toMatchObject({ ticktext: ["Medicines", "Dose change"] });
  });

  it("carries each point's session for the click, and bars of SD unless there are many", () => {
    const [few] = drawn(course(["on", "on"])).data;
    expect((few?.customdata as { href: string }[]).map(({ href }) => href)).toEqual(["/sessions/0/", "/sessions/1/"]);
    expect(few?.error_y).toMatchObject({ array: [0.4, 0.4] });
    const data = course(["on"]);
    data.sessions = Array.from({ length: 61 }, () => data.sessions[0]!);
    expect(drawn(data).data[0]).not.toHaveProperty("error_y");
  });
});

describe("ON less OFF", () => {
  const seen = new Set(["a", "b", "gap"]);
  function pairs(): Timeline {
    const gap = { title: "ON less OFF", unit: "% IOD", mean: 1.5, pairs: [[1, 0, 1], [3, 2, -2]] as [number, number, number][] };
    return { ...course(["off", "on", "off", "on"]), gap };
  }
  const points = (data: Timeline, chosen: View) =>
    drawn(data, chosen).data.filter(({ hovertemplate }) => String(hovertemplate).includes("ON less OFF"));

  it("has a row under the headline, a point at the later session of each pair that names both", () => {
    const [gap] = points(pairs(), view({ measures: seen }));
    expect(gap).toMatchObject({ x: ["2026-02-10T10:00", "2026-04-10T10:00"], y: [1, -2], yaxis: "y2" });
    expect(gap?.customdata).toMatchObject([
      { href: "/sessions/1/", pair: "OFF day 0, ON day 1" }, { href: "/sessions/3/", pair: "OFF day 2, ON day 3" },
    ]);
    const titles = (drawn(pairs(), view({ measures: seen })).layout.annotations as { text: string; y: number }[]);
    const from = (words: string) => titles.find(({ text }) => text.includes(words))?.y ?? 0;
    expect(from("Expressivity")).toBeGreaterThan(from("ON less OFF"));
    expect(from("ON less OFF")).toBeGreaterThan(from("Slowness"));
  });

  it("draws zero and, dashed, the mean", () => {
    const lines = (drawn(pairs(), view({ measures: seen })).layout.shapes as Shape[]).filter(({ yref }) => yref === "y2");
    expect(lines.map(({ y0, line }) => [y0, line.dash])).toEqual([[0, undefined], [1.5, "dash"]]);
  });

  it("is gone when it is not chosen, has no pair, or one of its states is hidden", () => {
    expect(points(pairs(), view())).toEqual([]);
    expect(points({ ...pairs(), gap: null }, view({ measures: seen }))).toEqual([]);
    expect(points(pairs(), view({ measures: seen, states: new Set(["on"]) }))).toEqual([]);
  });

  it("is told at the session that ends a pair", () => {
    expect(told(pairs(), view({ measures: new Set(["a", "gap"]) }), 3)).toBe(
      "day 3, ON: Expressivity 4 % IOD; ON less OFF -2 % IOD (with day 2).",
    );
    expect(told(pairs(), view({ measures: new Set(["a", "gap"]) }), 2)).toBe("day 2, OFF: Expressivity 3 % IOD.");
  });
});

describe("the keyboard", () => {
  it.each([
    ["ArrowLeft", null, 9], ["ArrowRight", null, 9], ["ArrowLeft", 7, 4], ["ArrowLeft", 4, 4],
    ["ArrowRight", 4, 7], ["ArrowRight", 9, 9], ["Home", 9, 4], ["End", 4, 9], ["ArrowLeft", 5, 9], ["a", 4, null],
  ])("%s from %s goes to %s", (key, from, to) => {
    expect(moved(key, [4, 7, 9], from)).toBe(to);
  });

  it("leads nowhere when nothing is shown", () => {
    expect(moved("ArrowLeft", [], null)).toBeNull();
  });

  it("tells why a session is not compared", () => {
    const data = course(["on", "on"], [], { 1: "The light was too dark" });
    const one = view({ measures: new Set(["a"]) });
    expect(told(data, one, 1)).toBe("day 1, ON: Expressivity 2 % IOD (not compared: The light was too dark).");
  });

  it("tells the session in words and marks it in the chart", () => {
    const data = course(["on", "off"]);
    expect(told(data, view({ measures: new Set(["a"]) }), 1)).toBe("day 1, OFF: Expressivity 2 % IOD.");
    const shapes = drawn(data, view(), 1).layout.shapes as Shape[];
    expect(shapes.at(-1)).toMatchObject({ type: "line", line: { color: "accent" } });
  });
});
