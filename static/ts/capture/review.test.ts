import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Delivery, DeliveryState } from "./delivery";
import { PAGE, SETUP } from "./fixtures";
import type { Snapshot, TakeProgress } from "./progress";
import { Review } from "./review";
import { Screen, element } from "./screen";

const progress = vi.hoisted(() => ({ tell: (_snapshot: unknown) => undefined as void }));
vi.mock("./progress", () => ({
  Progress: class {
    constructor(_addresses: unknown, onSnapshot: (snapshot: unknown) => void) {
      progress.tell = onSnapshot;
    }
    stop(): void {}
  },
}));

const RECEIVED: DeliveryState = {
  kind: "received",
  receipt: { recording: "new", task: "smile", attempt: 2, sha256: "", received: "2026-11-24T14:03:00" },
};

function delivery(state: DeliveryState): Delivery {
  return { state, isSettled: state.kind === "received" } as Delivery;
}

function take(fields: Partial<TakeProgress>): Snapshot {
  const smile = { task: "smile", state: "queued", place: 2, findings: [], percent: 0, ...fields };
  return { takes: [smile] } as unknown as Snapshot;
}

describe("the list of films", () => {
  const deliveries = new Map<string, Delivery>();
  let review: Review;
  const words = () => [...document.querySelectorAll('#films [data-part="words"]')].map((w) => w.textContent);

  beforeEach(() => {
    document.body.innerHTML = PAGE;
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    deliveries.clear();
    review = new Review(SETUP, new Screen(), deliveries);
  });
  afterEach(() => vi.restoreAllMocks());

  it("says which films are missing and lets nobody finish without any", () => {
    review.update();
    expect(words()).toEqual(["Not filmed", "Not filmed"]);
    expect(element<HTMLButtonElement>("finish").disabled).toBe(true);
  });

  it("lets nobody finish while a film is on its way", () => {
    deliveries.set("rest", delivery(RECEIVED));
    deliveries.set("smile", delivery({ kind: "sending", percent: 40 }));
    review.update();
    expect(words()[1]).toBe("Sending: 40 %");
    expect(element<HTMLButtonElement>("finish").disabled).toBe(true);
    expect(element("finish-waits").hidden).toBe(false);
  });

  it("opens Finish when all have arrived", () => {
    deliveries.set("smile", delivery(RECEIVED));
    review.update();
    expect(words()[1]).toBe("Received by your clinic at 14:03");
    expect(element<HTMLButtonElement>("finish").disabled).toBe(false);
  });

  it("follows the analysis of the newest film only", () => {
    deliveries.set("smile", delivery(RECEIVED));
    void review.ask();
    progress.tell(take({ recording: "old", state: "done" }));
    expect(words()[1]).toBe("Received by your clinic at 14:03");
    progress.tell(take({ recording: "new" }));
    expect(words()[1]).toBe("Received. In the queue: place 2");
  });

  it("asks for another film, with advice, when a finding blocks", () => {
    deliveries.set("smile", delivery(RECEIVED));
    void review.ask();
    const finding = { code: "no_face", severity: "blocks" as const, patient: "Face the camera." };
    progress.tell(take({ recording: "new", state: "done", findings: [finding] }));
    expect(document.querySelector(".film--again")!.textContent).toContain("Face the camera.");
  });

  it("answers with the film that is to be made again", async () => {
    deliveries.set("smile", delivery(RECEIVED));
    const answer = review.ask();
    document.querySelector<HTMLElement>('[data-act="again:smile"]')!.click();
    expect(await answer).toBe("again:smile");
  });
});
