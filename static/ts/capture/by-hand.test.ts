import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askForFilm } from "./by-hand";
import { PAGE, SETUP, SMILE } from "./fixtures";
import { Screen, element } from "./screen";

const sent = vi.hoisted(() => ({
  begin: vi.fn(),
  add: vi.fn(),
  complete: vi.fn((..._told: unknown[]) => Promise.resolve()),
}));
vi.mock("./delivery", () => ({
  Delivery: class {
    begin = sent.begin;
    add = sent.add;
    complete = sent.complete;
    constructor(readonly task: typeof SMILE) {}
  },
}));

describe("a film by the device's own camera program", () => {
  beforeEach(() => {
    vi.clearAllMocks();
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    document.body.innerHTML = PAGE;
  });
  afterEach(() => vi.unstubAllGlobals());

  const ask = () =>
    askForFilm(SMILE, { setup: SETUP, screen: new Screen(), store: null, changed: vi.fn() });
  function choose(file: File): void {
    const input = element<HTMLInputElement>("file-smile");
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
  }

  it("goes the way of the others, without cues", async () => {
    const film = ask();
    choose(new File(["x".repeat(5 * 1024 * 1024)], "IMG_1.MOV", { type: "video/quicktime" }));
    expect(await film).toMatchObject({ task: SMILE });
    expect(sent.begin).toHaveBeenCalledWith("video/quicktime");
    expect(sent.add.mock.calls.map(([piece]) => (piece as Blob).size)).toEqual([
      4 * 1024 * 1024,
      1024 * 1024,
    ]);
    expect(sent.complete).toHaveBeenCalledWith([], expect.objectContaining({ by_hand: true, helped: false }));
    expect(JSON.stringify(sent.complete.mock.calls)).not.toContain("IMG_1"); // names can tell of people
  });

  it("is called mp4 where the device does not name its kind", async () => {
    const film = ask();
    choose(new File(["x"], "film"));
    await film;
    expect(sent.begin).toHaveBeenCalledWith("video/mp4");
  });

  it("can be put off", async () => {
    const film = ask();
    document.querySelector<HTMLElement>('[data-panel="hand-smile"] [data-act="later"]')!.click();
    expect(await film).toBe("later");
    expect(sent.begin).not.toHaveBeenCalled();
  });
});
