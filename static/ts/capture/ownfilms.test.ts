import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deliveries } from "./deliveries";
import type { Delivery } from "./delivery";
import { PAGE, REST, SMILE } from "./fixtures";
import { OwnFilms } from "./ownfilms";
import { element } from "./screen";

const TOLD = { words: "Received", percent: null, again: false, advice: [] };

describe("looking at one's own films", () => {
  const opened = vi.fn();
  let own: OwnFilms;
  const rows = () => [...document.querySelectorAll<HTMLElement>("#films > li")];
  const part = <T extends HTMLElement>(row: number, name: string) =>
    rows()[row]!.querySelector<T>(`[data-part="${name}"]`)!;

  beforeEach(() => {
    document.body.innerHTML = PAGE;
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    HTMLMediaElement.prototype.pause = () => undefined;
    URL.revokeObjectURL = vi.fn();
    const deliveries = new Deliveries();
    const state = { kind: "sending", percent: 0 };
    const film = { task: SMILE, state, isPartial: false, replay: () => "blob:film" };
    deliveries.add(film as unknown as Delivery);
    opened.mockClear();
    own = new OwnFilms([REST, SMILE], deliveries, opened);
    for (const task of [REST, SMILE]) own.tell(task, TOLD);
  });
  afterEach(() => vi.restoreAllMocks());

  it("offers the films that were made on this page", () => {
    expect(part(0, "watch").hidden).toBe(true);
    expect(part(1, "watch").hidden).toBe(false);
    expect(part(1, "title").textContent).toBe("Smile");
  });

  it("plays a film, and lets go of it when it is closed", () => {
    const video = part<HTMLVideoElement>(1, "video");
    part(1, "watch").click();
    expect(video.src).toBe("blob:film");
    expect(video.hidden).toBe(false);
    own.close();
    expect(video.hidden).toBe(true);
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:film");
  });

  it("tells when somebody opens the list", () => {
    const details = element<HTMLDetailsElement>("own-films");
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
    expect(opened).toHaveBeenCalled();
  });
});
