import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deliveries } from "./deliveries";
import type { Delivery, DeliveryState } from "./delivery";
import { PAGE, SETUP, SMILE } from "./fixtures";
import type { TakeProgress } from "./progress";
import { Review, type Answer } from "./review";
import { Screen, element } from "./screen";

const progress = vi.hoisted(() => ({ tell: (_snapshot: unknown) => undefined as void, stop: vi.fn() }));
vi.mock("./progress", () => ({
  Progress: class {
    stop = progress.stop;
    constructor(_addresses: unknown, onSnapshot: (snapshot: unknown) => void) {
      progress.tell = onSnapshot;
    }
  },
}));

const RECEIVED: DeliveryState = {
  kind: "received",
  receipt: { recording: "new", task: "smile", attempt: 1, sha256: "", received: "2026-11-24T14:03:00" },
};
const DARK = { code: "too_dark", severity: "advises" as const, patient: "Turn on a light." };
const SENDING: DeliveryState = { kind: "sending", percent: 40 };

let clock = 0;

describe("the end of a visit", () => {
  let film: { task: typeof SMILE; state: DeliveryState; isPartial: boolean; isSettled: boolean };
  let answer: Answer | null;
  const panel = () =>
    document.querySelector<HTMLElement>("[data-panel]:not([hidden])")?.dataset.panel;
  const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
  const tap = async (action: string) => {
    document.querySelector<HTMLElement>(`[data-panel="${panel()}"] [data-act="${action}"]`)!.click();
    await seconds(0);
  };
  const told = (fields: Partial<TakeProgress>) =>
    progress.tell({ takes: [{ task: "smile", recording: "new", findings: [], ...fields }] });

  function begin(tasks = [SMILE], state: DeliveryState | null = SENDING): void {
    const deliveries = new Deliveries();
    film = { task: SMILE, state: SENDING, isPartial: false, isSettled: false };
    if (state) {
      deliveries.add(film as unknown as Delivery);
      settle(state);
    }
    answer = null;
    const review = new Review({ ...SETUP, tasks }, new Screen(), deliveries);
    void review.ask().then((value) => (answer = value));
  }
  function settle(state: DeliveryState): void {
    film.state = state;
    film.isSettled = ["received", "kept", "refused"].includes(state.kind);
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.advanceTimersByTime((clock += 200_000));
    progress.stop.mockClear();
    document.body.innerHTML = PAGE;
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    HTMLMediaElement.prototype.pause = () => undefined;
  });
  afterEach(() => vi.useRealTimers());

  it("waits while films travel, and says how far they are", async () => {
    begin();
    await seconds(60);
    expect(panel()).toBe("wait");
    expect(element("wait-words").textContent).toBe("Sending your film …");
    expect(element<HTMLProgressElement>("wait-bar").value).toBe(40);
  });

  it("can be left for later while films travel", async () => {
    begin();
    await tap("later");
    expect(answer).toBe("later");
    expect(progress.stop).toHaveBeenCalled();
  });

  it("finishes by itself when all is well", async () => {
    begin();
    settle(RECEIVED);
    told({ state: "done" });
    await seconds(1);
    expect(panel()).toBe("finish");
    await seconds(19);
    expect(answer).toBeNull();
    await seconds(1);
    expect(answer).toBe("finish");
  });

  it("stays when the person says not yet", async () => {
    begin([SMILE], RECEIVED);
    told({ state: "done" });
    await seconds(1);
    await tap("not-yet");
    await seconds(60);
    expect(answer).toBeNull();
    expect(panel()).toBe("finish");
    expect(element("finish-not-yet").hidden).toBe(true);
    await tap("finish");
    expect(answer).toBe("finish");
  });

  it("stays when the person looks at a film", async () => {
    begin([SMILE], RECEIVED);
    told({ state: "done" });
    await seconds(1);
    const details = element<HTMLDetailsElement>("own-films");
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
    await seconds(60);
    expect(answer).toBeNull();
  });

  it("waits for the check, but not for ever", async () => {
    begin([SMILE], RECEIVED);
    told({ state: "running" });
    await seconds(19);
    expect(panel()).toBe("wait");
    expect(element("wait-words").textContent).toContain("being checked");
    await seconds(2);
    expect(panel()).toBe("finish");
  });

  it("asks one question about films that could be better", async () => {
    begin([SMILE], RECEIVED);
    told({ state: "done", findings: [DARK] });
    await seconds(1);
    expect(panel()).toBe("question");
    expect(element("question-title").textContent).toBe("One film was too dark. Film it again?");
    expect(element("question-advice").textContent).toBe("Turn on a light.");
    await tap("again");
    expect(answer).toEqual([SMILE]);
  });

  it("takes Finish for an answer", async () => {
    begin([SMILE], RECEIVED);
    told({ state: "done", findings: [DARK] });
    await seconds(1);
    await tap("finish");
    expect(answer).toBe("finish");
  });

  it("lets nobody finish without any film", async () => {
    begin([SMILE], null);
    await seconds(1);
    expect(panel()).toBe("question");
    expect(element("question-finish").hidden).toBe(true);
    await tap("later");
    expect(answer).toBe("later");
  });

  it("says that films stay on this device when the link has ended", async () => {
    begin([SMILE], { kind: "kept", words: "Ask your clinic for a new link." });
    await seconds(60);
    expect(panel()).toBe("kept");
    expect(element("kept-words").textContent).toBe("Ask your clinic for a new link.");
    expect(answer).toBeNull();
    await tap("reload");
    expect(answer).toBe("reload");
  });
});
