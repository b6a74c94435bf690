// What the person reads about a film: how far it has come, and what to do about it.
import type { DeliveryState } from "./delivery";
import type { TakeProgress } from "./progress";
import { t } from "./translate";

export interface Told {
  readonly words: string;
  /** 0 to 100 while something goes on, else null. */
  readonly percent: number | null;
  /** The film cannot be used: it should be made again. */
  readonly again: boolean;
  /** What to do better, one sentence each. */
  readonly advice: readonly string[];
}

const still = (words: string): Told => ({ words, percent: null, again: false, advice: [] });

type Waiting = Extract<DeliveryState, { kind: "offline" | "waiting" }>;

/** Why a film waits, and whether the page may be closed. */
function waitingWords(state: Waiting): string {
  const why =
    state.kind === "offline"
      ? t("No connection. We go on when the network is back.")
      : state.words;
  const where = state.isSafe
    ? t("Your film is safe on this device.")
    : t("Keep this page open: the film is only here for now.");
  return `${why} ${where}`;
}

export function deliveryWords(state: DeliveryState): Told {
  switch (state.kind) {
    case "sending":
      return {
        ...still(t("Sending: {percent} %", { percent: state.percent })),
        percent: state.percent,
      };
    case "offline":
    case "waiting":
      return still(waitingWords(state));
    case "kept":
      return still(state.words);
    case "received":
      return still(receivedWords(state.receipt.received));
    case "refused":
      return { ...still(state.words), again: true };
  }
}

export function takeWords(take: TakeProgress): Told {
  switch (take.state) {
    case "waiting":
      return still(t("Received. It is measured after the film in which you sit still."));
    case "queued":
      return still(
        take.place
          ? t("Received. In the queue: place {place}", { place: take.place })
          : t("Received. In the queue"),
      );
    case "running":
      return {
        ...still(t("Being checked and measured: {percent} %", { percent: take.percent })),
        percent: take.percent,
      };
    case "done":
      return measured(take);
    case "failed":
      return still(
        t("Received. The program could not measure it; your clinic can try again."),
      );
    case "cancelled":
      return still(t("Replaced by a newer film"));
    case "none":
      return still(t("Received. It is kept for your clinic and not measured."));
  }
}

function measured(take: TakeProgress): Told {
  const advice = take.findings.map((finding) => t(finding.patient));
  const again = take.findings.some((finding) => finding.severity === "blocks");
  const words = again ? t("This film cannot be used.") : t("Received and measured");
  return { words, percent: null, again, advice };
}

/** One line for all films on their way, and how far the slowest has come; "" when there is none. */
export function sendingWords(states: readonly DeliveryState[]): { words: string; percent: number } {
  const sending = states.filter((state) => state.kind === "sending");
  const percent = Math.min(...sending.map((state) => state.percent), sending.length ? 100 : 0);
  return { words: underWayWords(states, sending.length), percent };
}

function underWayWords(states: readonly DeliveryState[], sending: number): string {
  const waiting = states.filter((state) => state.kind === "offline" || state.kind === "waiting");
  const told = waiting.find((state) => !state.isSafe) ?? waiting[0];
  if (told) return waitingWords(told);
  if (sending === 0) return "";
  return sending === 1 ? t("Sending your film …") : t("Sending {n} films …", { n: sending });
}

export function receivedWords(iso: string): string {
  return t("Received by your clinic at {time}", { time: clockTime(iso) });
}

/** The time of day on this device, "14:03". */
export function clockTime(iso: string): string {
  return new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
