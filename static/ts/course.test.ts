import { beforeEach, describe, expect, it, vi } from "vitest";
import { Course } from "./course";
import type { Timeline } from "./timeline";

vi.mock("./plots", () => ({ draw: async (root: HTMLElement) => Object.assign(root, { on: () => undefined }) }));

const opened = vi.fn();

const DATA: Timeline = {
  span: ["2026-01-10T10:00", "2026-06-10T10:00"],
  sessions: [
    { at: "2026-01-10T10:00", date: "10 January 2026", state: "on", href: "/first/" },
    { at: "2026-06-10T10:00", date: "10 June 2026", state: "off", href: "/second/" },
  ],
  states: { on: "ON", off: "OFF" },
  measures: [],
  gap: null, lanes: [],
};

function page(): void {
  document.body.innerHTML = `
    <button data-months="3" aria-pressed="false"></button><button data-months="" aria-pressed="true"></button>
    <input type="checkbox" data-state="on" checked><input type="checkbox" data-state="off" checked>
    <div id="timeline"></div><p id="timeline-status"></p>
    <script id="trends-data" type="application/json">${JSON.stringify(DATA)}</script>`;
}

function press(key: string): void {
  document.getElementById("timeline")?.dispatchEvent(new KeyboardEvent("keydown", { key }));
}

function pressed(): (string | null)[] {
  return [...document.querySelectorAll("button")].map((button) => button.getAttribute("aria-pressed"));
}

beforeEach(() => {
  opened.mockReset();
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("location", { assign: opened });
  page();
});

describe("the course on the page", () => {
  it("keeps the months that were chosen when the page is swapped, and its buttons say so", async () => {
    const course = new Course();
    await course.show();
    document.querySelector<HTMLButtonElement>("button[data-months='3']")?.click();
    expect(pressed()).toEqual(["true", "false"]);
    page();
    await course.show();
    expect(pressed()).toEqual(["true", "false"]);
  });

  it("opens the session that the keys have reached", async () => {
    await new Course().show();
    press("ArrowLeft");
    press("Enter");
    expect(opened).toHaveBeenCalledWith("/second/");
  });

  it("opens no session that has been hidden since", async () => {
    await new Course().show();
    press("ArrowLeft");
    const box = document.querySelector<HTMLInputElement>("input[data-state='off']")!;
    box.checked = false;
    box.dispatchEvent(new Event("change"));
    press("Enter");
    expect(opened).not.toHaveBeenCalled();
    expect(document.getElementById("timeline-status")?.textContent).toBe("");
  });
});
