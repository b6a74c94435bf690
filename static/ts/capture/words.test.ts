import { describe, expect, it } from "vitest";
import type { DeliveryState } from "./delivery";
import type { TakeProgress } from "./progress";
import { OFFLINE, deliveryWords, sendingWords, takeWords } from "./words";

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
  it("says how far the sending has come, the slowest film first", () => {
    const states: DeliveryState[] = [
      { kind: "sending", percent: 80 },
      { kind: "sending", percent: 20 },
    ];
    expect(sendingWords(states)).toBe("Sending 2 films: 20 %");
    expect(sendingWords([])).toBe("");
  });

  it("promises that nothing is lost without a network", () => {
    expect(sendingWords([{ kind: "offline" }])).toBe(OFFLINE);
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
