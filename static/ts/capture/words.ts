// What the person reads about a film: how far it has come, and what to do about it.
import type { DeliveryState } from "./delivery";
import type { TakeProgress } from "./progress";

export interface Told {
  readonly words: string;
  /** 0 to 100 while something goes on, else null. */
  readonly percent: number | null;
  /** The film cannot be used: it should be made again. */
  readonly again: boolean;
  /** What to do better, one sentence each. */
  readonly advice: readonly string[];
}

export const OFFLINE =
  "No connection. Your film is safe on this device; we go on when the network is back.";

const still = (words: string): Told => ({ words, percent: null, again: false, advice: [] });

export function deliveryWords(state: DeliveryState): Told {
  switch (state.kind) {
    case "sending":
      return { ...still(`Sending: ${state.percent} %`), percent: state.percent };
    case "offline":
      return still(OFFLINE);
    case "received":
      return still(`Received by your clinic at ${clockTime(state.receipt.received)}`);
    case "refused":
      return { ...still(state.words), again: true };
  }
}

export function takeWords(take: TakeProgress): Told {
  switch (take.state) {
    case "waiting":
      return still("Received. It is measured after the film in which you sit still.");
    case "queued":
      return still(take.place ? `Received. In the queue: place ${take.place}` : "Received. In the queue");
    case "running":
      return { ...still(`Being checked and measured: ${take.percent} %`), percent: take.percent };
    case "done":
      return measured(take);
    case "failed":
      return still("Received. The program could not measure it; your clinic can try again.");
    case "cancelled":
      return still("Replaced by a newer film");
    case "none":
      return still("Received. It is kept for your clinic and not measured.");
  }
}

function measured(take: TakeProgress): Told {
  const advice = take.findings.map((finding) => finding.patient);
  const again = take.findings.some((finding) => finding.severity === "blocks");
  const words = again ? "This film cannot be used." : "Received and measured";
  return { words, percent: null, again, advice };
}

/** One line for all films on their way; empty when all have arrived. */
export function sendingWords(states: readonly DeliveryState[]): string {
  if (states.some((state) => state.kind === "offline")) return OFFLINE;
  const sending = states.filter((state) => state.kind === "sending");
  if (sending.length === 0) return "";
  const percent = Math.min(...sending.map((state) => state.percent));
  return `Sending ${sending.length === 1 ? "your film" : `${sending.length} films`}: ${percent} %`;
}

function clockTime(iso: string): string {
  return new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
