import { describe, expect, it } from "vitest";
import type { DeliveryState } from "./delivery";
import type { TakeProgress } from "./progress";
import { deliveryWords, sendingWords, takeWords } from "./words";

const TAKE: TakeProgress = {
  recording: "r",
  task: "smile",
  title: "Smile",
  attempt: 1,
  state: "done",
  stage: "",
  percent: 100,
  place: null,
  usable: true,
  findings: [],
};
const DARK = { code: "too_dark", severity: "blocks", patient: "Turn on a light." } as const;

describe("what the person reads", () => {
  it("says how far the slowest film has come", () => {
    const states: DeliveryState[] = [
      { kind: "sending", percent: 80 },
      { kind: "sending", percent: 20 },
    ];
    expect(sendingWords(states)).toEqual({ words: "Sending 2 films …", percent: 20 });
    expect(sendingWords(states.slice(1)).words).toBe("Sending your film …");
    expect(sendingWords([])).toEqual({ words: "", percent: 0 });
  });

  it("promises that a film is safe only where this device has a copy", () => {
    const sending: DeliveryState = { kind: "sending", percent: 80 };
    const safe: DeliveryState = { kind: "offline", isSafe: true };
    const onlyHere: DeliveryState = { kind: "offline", isSafe: false };
    expect(sendingWords([sending, safe]).words).toContain("No connection.");
    expect(sendingWords([sending, safe]).words).toContain("Your film is safe on this device.");
    expect(sendingWords([safe, onlyHere]).words).toContain("Keep this page open");
    expect(deliveryWords(onlyHere).words).not.toContain("safe");
  });

  it("tells what the clinic's server says while it takes no films", () => {
    const words = "The clinic's server is full.";
    const waiting: DeliveryState = { kind: "waiting", words, isSafe: true };
    expect(sendingWords([waiting]).words).toBe(`${words} Your film is safe on this device.`);
    expect(deliveryWords({ kind: "kept", words })).toMatchObject({ words, again: false });
  });

  it("asks for another film, with the advice, when a finding blocks", () => {
    const told = takeWords({ ...TAKE, usable: false, findings: [DARK] });
    expect(told.again).toBe(true);
    expect(told.advice).toEqual(["Turn on a light."]);
  });

  it("only advises when the finding does not block", () => {
    const told = takeWords({ ...TAKE, findings: [{ ...DARK, severity: "advises" }] });
    expect(told).toMatchObject({ again: false, advice: ["Turn on a light."] });
  });

  it("shows percent while the film is measured", () => {
    expect(takeWords({ ...TAKE, state: "running", percent: 40 }).percent).toBe(40);
  });

  it("asks for another film when the clinic refuses one", () => {
    expect(deliveryWords({ kind: "refused", words: "It is empty." })).toMatchObject({
      words: "It is empty.",
      again: true,
    });
  });
});
