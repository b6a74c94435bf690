import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askForFilm } from "./by-hand";
import { PAGE, REST, SETUP, SMILE } from "./fixtures";
import { sha256 } from "./hash";
import { Screen, element } from "./screen";

const sent = vi.hoisted(() => ({
  begin: vi.fn((_mime: string, _pieces: Blob[], _digest: string) => undefined),
  complete: vi.fn((..._told: unknown[]) => Promise.resolve()),
}));
vi.mock("./delivery", () => ({
  Delivery: class {
    beginWhole = sent.begin;
    complete = sent.complete;
    constructor(readonly task: typeof SMILE) {}
  },
}));

vi.mock("./hash", () => ({ sha256: vi.fn() }));

const MIB = 1024 * 1024;
const unfit = () => document.querySelector("#unfit-smile:not([hidden])")?.textContent ?? "";

describe("a film by the device's own camera program", () => {
  beforeEach(() => {
    vi.clearAllMocks();
    chosen.clear();
    vi.mocked(sha256).mockImplementation(async (film) => `digest of ${film.size}`);
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    document.body.innerHTML = PAGE;
  });
  afterEach(() => vi.unstubAllGlobals());

  const chosen = new Map<string, string>();
  const ask = (task = SMILE) =>
    askForFilm(task, { setup: SETUP, screen: new Screen(), store: null, changed: vi.fn(), chosen });
  function choose(file: File, task = "smile"): void {
    const input = element<HTMLInputElement>(`file-${task}`);
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
  }

  it("goes the way of the others, without cues", async () => {
    const film = ask();
    choose(new File(["x".repeat(5 * MIB)], "IMG_1.MOV", { type: "video/quicktime" }));
    expect(await film).toMatchObject({ task: SMILE });
    const [mime, pieces, digest] = sent.begin.mock.calls[0]!;
    expect([mime, digest]).toEqual(["video/quicktime", `digest of ${5 * MIB}`]);
    expect(pieces.map(({ size }) => size)).toEqual([4 * MIB, MIB]);
    expect(sent.complete).toHaveBeenCalledWith([], expect.objectContaining({ by_hand: true, helped: false }));
    expect(JSON.stringify(sent.complete.mock.calls)).not.toContain("IMG_1"); // names can tell of people
  });

  it("is called mp4 where the device does not name its kind", async () => {
    const film = ask();
    choose(new File(["x"], "film"));
    await film;
    expect(sent.begin.mock.calls[0]![0]).toBe("video/mp4");
  });

  it("is refused in plain words where it is larger than the clinic takes", async () => {
    void ask();
    choose(new File(["x".repeat(9 * MIB)], "film"));
    await vi.waitFor(() => expect(unfit()).toContain("9 MB. At most 8 MB"));
    expect(sha256).not.toHaveBeenCalled();
    expect(sent.begin).not.toHaveBeenCalled();
  });

  it("can be chosen anew where the device cannot read it", async () => {
    const shown = vi.spyOn(console, "error").mockReturnValue(undefined);
    vi.mocked(sha256).mockRejectedValueOnce(new DOMException("in a cloud", "NotReadableError"));
    const film = ask();
    choose(new File(["x"], "film"));
    await vi.waitFor(() => expect(unfit()).toContain("cannot read this film"));
    expect(shown).toHaveBeenCalled();
    choose(new File(["xy"], "film"));
    expect(await film).toMatchObject({ task: SMILE });
  });

  it("is refused for a task where it was sent for another one", async () => {
    const first = ask(REST);
    choose(new File(["x"], "film"), "rest");
    await first;
    const film = ask();
    choose(new File(["x"], "film"));
    await vi.waitFor(() => expect(unfit()).toContain("already, for “Sit still”"));
    expect(sent.begin).toHaveBeenCalledTimes(1);
    choose(new File(["xy"], "film"));
    expect(await film).toMatchObject({ task: SMILE });
  });

  it("may be sent for its own task once more", async () => {
    for (const _ of [1, 2]) {
      const film = ask();
      choose(new File(["x"], "film"));
      await film;
    }
    expect(sent.begin).toHaveBeenCalledTimes(2);
  });

  it("can be put off", async () => {
    const film = ask();
    document.querySelector<HTMLElement>('[data-panel="hand-smile"] [data-act="later"]')!.click();
    expect(await film).toBe("later");
    expect(sent.begin).not.toHaveBeenCalled();
  });
});
