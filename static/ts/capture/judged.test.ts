import { describe, expect, it } from "vitest";
import { Deliveries } from "./deliveries";
import type { Delivery, DeliveryState } from "./delivery";
import { REST, SMILE } from "./fixtures";
import { Judged } from "./judged";
import type { Snapshot, TakeProgress } from "./progress";
import type { Task } from "./setup";

const RECEIVED = {
  kind: "received",
  receipt: { recording: "new", received: "2026-11-24T14:03:00" },
} as DeliveryState;
const DARK = { code: "too_dark", severity: "advises" as const, patient: "Turn on a light." };

function judged(tasks: Task[], state: DeliveryState | null, take: Partial<TakeProgress>, isPartial = false) {
  const deliveries = new Deliveries();
  const film = { task: SMILE, state, isPartial, isSettled: false, cancel: () => undefined };
  if (state) deliveries.add(film as unknown as Delivery);
  const told = { task: "smile", state: "queued", attempt: 1, findings: [], ...take };
  return new Judged(tasks, deliveries, { takes: [told] } as unknown as Snapshot);
}

describe("what is known of the films", () => {
  it("knows films that are missing, cut short, refused and received", () => {
    const state = (task: Task, ...rest: [DeliveryState | null, boolean?]) =>
      judged([task], rest[0], {}, rest[1]).films[0]!.state;
    expect(state(SMILE, null)).toBe("missing");
    expect(state({ ...SMILE, received: true }, null)).toBe("received");
    expect(state(SMILE, RECEIVED, true)).toBe("partial");
    expect(state(SMILE, { kind: "refused", words: "It is empty." })).toBe("refused");
    expect(state(SMILE, RECEIVED)).toBe("received");
  });

  it("heeds what the clinic says of the newest film only", () => {
    const old = judged([SMILE], RECEIVED, { recording: "old", state: "done", findings: [DARK] });
    expect(old.films[0]!.findings).toEqual([]);
    expect(old.isChecked).toBe(false);
    expect(old.told(SMILE).words).toBe("Received by your clinic at 14:03");
    const now = judged([SMILE], RECEIVED, { recording: "new", state: "done", findings: [DARK] });
    expect(now.films[0]!.findings).toEqual([DARK]);
    expect(now.isChecked).toBe(true);
  });

  it("heeds what the clinic says of a film of an earlier visit", () => {
    const task = { ...SMILE, received: true };
    const earlier = judged([task], null, { recording: "old", state: "done", findings: [DARK] });
    expect(earlier.films[0]!.findings).toEqual([DARK]);
  });

  it("waits for no check of films that are not there", () => {
    expect(judged([REST], null, {}).isChecked).toBe(true);
    expect(judged([REST], null, {}).hasAny).toBe(false);
    expect(judged([REST], null, {}).told(REST).words).toBe("Not filmed");
  });
});
