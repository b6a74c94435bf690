import { beforeEach, describe, expect, it, vi } from "vitest";
import { followAnalysis, showLate } from "./done";

const progress = vi.hoisted(() => ({ tell: (_snapshot: unknown) => undefined as void }));
vi.mock("./progress", () => ({
  Progress: class {
    constructor(_addresses: unknown, onSnapshot: (snapshot: unknown) => void) {
      progress.tell = onSnapshot;
    }
  },
}));

describe("the receipt page", () => {
  beforeEach(() => {
    document.body.innerHTML = `<ul><li data-recording="r"><p data-part="words"></p>
      <progress data-part="bar"></progress><ul data-part="advice"></ul></li></ul>
      <p id="all-done" hidden></p>
      <p id="late-words" hidden></p><p id="may-close"></p><section id="close-here"></section>`;
    followAnalysis({ progress: "", socket: "" });
  });

  it("tells of each film, and when all are measured", () => {
    const take = { recording: "r", state: "running", percent: 40, findings: [] };
    progress.tell({ done: false, takes: [take] });
    expect(document.body.textContent).toContain("40 %");
    expect(document.getElementById("all-done")!.hidden).toBe(true);
    progress.tell({ done: true, takes: [{ ...take, state: "done" }] });
    expect(document.getElementById("all-done")!.hidden).toBe(false);
  });

  it("offers no way to close it while it sends", () => {
    const hidden = () =>
      ["late-words", "may-close", "close-here"].map((id) => document.getElementById(id)!.hidden);
    showLate({ words: "One film is still on this device.", isNeeded: true });
    expect(document.getElementById("late-words")!.textContent).toContain("still on this device");
    expect(hidden()).toEqual([false, true, true]);
    showLate({ words: "", isNeeded: false });
    expect(hidden()).toEqual([true, false, false]);
    document.getElementById("close-here")!.remove(); // staff have no link to close
    showLate({ words: "", isNeeded: true });
  });

  it("leaves films alone that it does not show", () => {
    progress.tell({ done: false, takes: [{ recording: "other", state: "done", findings: [] }] });
    expect(document.querySelector('[data-part="words"]')!.textContent).toBe("");
  });
});
