import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FilmCurves, Figure } from "./curves";
import { join } from "./film";

const { draw, change } = vi.hoisted(() => ({
  draw: vi.fn(async (_root: HTMLElement, _figure: Figure) => ({ on: () => undefined })),
  change: vi.fn(async () => undefined),
}));
vi.mock("./plots", () => ({ draw, change }));

const corner = {
  label: "Mouth corner", side: "", caution: "", shown: true, t0: 0, step: 0.5, values: [0, 1, 2],
};
const mean = { ...corner, t0: -1, values: [0, 4, 8], sd: [1, 1, 2] };

function curves(repeats: boolean): FilmCurves {
  const chart = { title: "Movement", unit: "% IOD" };
  return {
    cues: [{ start: 2, end: 4 }],
    charts: [{ ...chart, curves: [corner] }],
    repeats: repeats
      ? { n: 3, cues: [{ start: 0, end: 2 }], charts: [{ ...chart, curves: [mean] }] }
      : null,
  };
}

function panel(): HTMLElement {
  const made = document.createElement("section");
  made.innerHTML =
    "<video></video><div data-curves='/curves/'>Drawing the curves \u2026</div><div data-repeats></div>";
  return made;
}

function text(made: HTMLElement, area: string): string {
  return made.querySelector(`[${area}]`)?.textContent ?? "";
}

function serve(body: unknown, status = 200): void {
  vi.stubGlobal("fetch", async () => Response.json(body, { status }));
}

beforeEach(() => vi.stubGlobal("matchMedia", () => new EventTarget()));

afterEach(() => {
  vi.unstubAllGlobals();
  draw.mockClear();
});

describe("a film's panel", () => {
  it("draws the mean of the repeats within its band, in its own place", async () => {
    serve(curves(true));
    const made = panel();
    await join(made);
    expect(text(made, "data-repeats")).toContain("Mouth corner");
    const [root, { data, layout }] = draw.mock.calls[draw.mock.calls.length - 1]!;
    expect(made.querySelector("[data-repeats]")?.contains(root)).toBe(true);
    const [band, line] = data;
    expect(band).toMatchObject({ fill: "toself", y: [1, 5, 10, 6, 3, -1, null] });
    expect(line).toMatchObject({ x: [-1, -0.5, 0], y: [0, 4, 8] });
    expect(layout.shapes).toMatchObject([{ x0: 0, x1: 2 }]);
  });

  it("hides a mean with its toggle", async () => {
    serve(curves(true));
    const made = panel();
    await join(made);
    made.querySelector<HTMLButtonElement>("[data-repeats] button")?.click();
    const [, { data }] = draw.mock.calls[draw.mock.calls.length - 1]!;
    expect(data.map((trace) => trace.visible)).toEqual([false, false]);
  });

  it("draws no mean where there is none", async () => {
    serve(curves(false));
    const made = panel();
    await join(made);
    expect(text(made, "data-curves")).toContain("Mouth corner");
    expect(text(made, "data-repeats")).toBe("");
  });

  it("says in both places that the curves could not be loaded", async () => {
    serve({}, 500);
    const made = panel();
    await join(made);
    expect(text(made, "data-curves")).toContain("could not be loaded");
    expect(text(made, "data-repeats")).toBe(text(made, "data-curves"));
    expect(draw).not.toHaveBeenCalled();
  });
});
