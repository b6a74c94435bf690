import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const draw = vi.fn(async (root: HTMLElement) => Object.assign(root, { on: () => undefined }));
vi.mock("./plots", () => ({ draw }));

interface Shown {
  mark: string;
  verdict: string;
  leftOut?: string;
  months?: number;
}

function main({ mark, verdict, leftOut = "", months = 1 }: Shown): string {
  const data = { span: ["2026-01-10T10:00", `2026-0${months}-20T10:00`], sessions: [], states: {}, measures: [], gap: null, lanes: [] };
  return `
    <div id="progress" data-url="/progress/" data-mark="${mark}"><p>${mark} of 2 analysed</p></div>
    <div id="trends">
      <section id="verdict">${verdict}</section>
      <p id="timeline-said">${leftOut && "Flags: light 1."}</p>
      <div id="timeline"></div>
      <div id="left-out">${leftOut}</div>
      <script id="trends-data" type="application/json">${JSON.stringify(data)}</script>
    </div>
    <section id="sessions">session ${mark}</section>`;
}

/** From now on the server shows this. */
function serve(shown: Shown): void {
  vi.stubGlobal("fetch", async (url: string) =>
    new Response(url === "/progress/" ? JSON.stringify({ mark: shown.mark }) : `<main>${main(shown)}</main>`),
  );
}

function text(id: string): string | undefined {
  return document.getElementById(id)?.textContent ?? undefined;
}

describe("an open page of a patient", () => {
  beforeEach(async () => {
    vi.useFakeTimers();
    vi.resetModules();
    draw.mockClear();
    vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
    document.body.innerHTML = `<main>${main({ mark: "1", verdict: "Within usual variation" })}</main>`;
    await import("./patient");
    await vi.advanceTimersByTimeAsync(0);
    expect(draw).toHaveBeenCalledTimes(1);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("shows the new verdict of a session without a value, and leaves the chart as it is", async () => {
    const chart = document.getElementById("timeline");
    serve({ mark: "2", verdict: "Cannot compare: no face", leftOut: "1 film in no chart" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(text("verdict")).toBe("Cannot compare: no face");
    expect(text("left-out")).toBe("1 film in no chart");
    expect(text("timeline-said")).toBe("Flags: light 1.");
    expect(text("sessions")).toBe("session 2");
    expect(document.getElementById("timeline")).toBe(chart);
    expect(draw).toHaveBeenCalledTimes(1);
  });

  it("draws the chart anew with its new data", async () => {
    serve({ mark: "2", verdict: "Outside usual variation once", months: 2 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(text("verdict")).toBe("Outside usual variation once");
    expect(draw).toHaveBeenCalledTimes(2);
  });

  it("leaves a verdict that says the same in its place", async () => {
    const verdict = document.getElementById("verdict");
    serve({ mark: "2", verdict: "Within usual variation" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(text("sessions")).toBe("session 2");
    expect(document.getElementById("verdict")).toBe(verdict);
  });
});
