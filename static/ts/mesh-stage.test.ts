import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Source } from "./compare-clock";
import { Stage } from "./mesh-stage";

const header = JSON.stringify({ frames: 0, points: 0, view: [0, 0, 1, 1], outlines: [] });

let root: HTMLElement;
let playing: Source | null | undefined;
let asked: string[];

function stage(video: string, mesh: string): Stage {
  return new Stage(root, video, mesh, (source) => (playing = source));
}

function part(name: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(name);
  if (found === null) throw new Error(`there is no ${name}`);
  return found;
}

function seen(): string[] {
  return ["video", "canvas", "p"].filter((name) => !part(name).hidden);
}

beforeEach(() => {
  root = document.createElement("div");
  root.innerHTML = "<video hidden></video><canvas hidden></canvas><p data-words></p>";
  playing = undefined;
  asked = [];
  const bytes = new TextEncoder().encode(`${header}\n`).buffer as ArrayBuffer;
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(address);
    return { ok: address === "/mesh/", status: 404, arrayBuffer: async () => bytes };
  });
  vi.stubGlobal("ResizeObserver", class { observe(): void {} });
  vi.stubGlobal("matchMedia", () => new EventTarget());
  vi.spyOn(HTMLMediaElement.prototype, "pause").mockImplementation(() => undefined);
});

describe("the place of a film", () => {
  it("shows the video where faces may be seen", () => {
    stage("/film/", "/mesh/").show(true);
    expect(seen()).toEqual(["video"]);
    expect(part("video").getAttribute("src")).toBe("/film/");
    expect(playing).toBe(part("video"));
    expect(asked).toEqual([]);
  });

  it("does not even load the video where they may not", async () => {
    stage("/film/", "/mesh/").show(false);
    await vi.waitFor(() => expect(seen()).toEqual(["canvas"]));
    expect(part("video").hasAttribute("src")).toBe(false);
    expect(playing?.duration).toBe(0);
  });

  it("goes on with the mesh when the video cannot be played", async () => {
    stage("/film/", "/mesh/").show(true);
    part("video").dispatchEvent(new Event("error"));
    expect(playing).toBeNull();
    await vi.waitFor(() => expect(seen()).toEqual(["canvas"]));
  });

  it("loads a mesh once, however often it is asked for", async () => {
    const place = stage("/film/", "/mesh/");
    for (const faces of [false, true, false]) place.show(faces);
    await vi.waitFor(() => expect(seen()).toEqual(["canvas"]));
    expect(asked).toEqual(["/mesh/"]);
  });

  it("says what is missing", async () => {
    stage("/film/", "").show(false);
    expect([seen(), part("p").textContent]).toEqual([["p"], "There is no mesh of this film."]);
    stage("", "").show(true);
    expect(part("p").textContent).toContain("neither");
    stage("", "/gone/").show(true);
    await vi.waitFor(() => expect(part("p").textContent).toContain("could not be loaded"));
    expect(playing).toBeNull();
  });
});
