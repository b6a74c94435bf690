import { beforeEach, describe, expect, it, vi } from "vitest";
import { followAnalysis } from "./done";

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
      <p id="all-done" hidden></p>`;
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

  it("leaves films alone that it does not show", () => {
    progress.tell({ done: false, takes: [{ recording: "other", state: "done", findings: [] }] });
    expect(document.querySelector('[data-part="words"]')!.textContent).toBe("");
  });
});
