// Asking the clinic's server, and what its answers mean for a film.
import { t } from "./translate";

/** The link has ended or was closed: nothing more is taken until the clinic gives a new one. */
export class LinkEnded extends Error {
  override readonly name = "LinkEnded";
}

/** The clinic has a whole film of the task: this one need not be kept here either. */
export class NotNeeded extends Error {
  override readonly name = "NotNeeded";
}

/**
 * What an answer of 400 or above means: the same may succeed in a while, the link has ended, or
 * the film is not needed or not taken. Only the clinic's server itself can say the last three, and
 * it says them in words; anything else comes from what lies between.
 */
export type Meaning = "later" | "ended" | "needless" | "refused";

const NEEDLESS = 406;
const LATER = new Set([408, 425]);
const ENDED = new Set([403, 404]);

export function meaning(status: number, body: string): Meaning {
  if (status >= 500 || LATER.has(status) || wordsIn(body) === null) return "later";
  if (status === NEEDLESS) return "needless";
  return ENDED.has(status) ? "ended" : "refused";
}

/** What the server said, in its own words; null when it is no answer of ours. */
export function wordsIn(body: string): string | null {
  const words = body.startsWith("{") ? errorIn(body) : body;
  // Our own answers are one or two plain sentences; anything else is a page of some proxy.
  const isOurs = words.length < 300 && !words.includes("<") && /[.!?。！？]$/.test(words);
  return isOurs ? words : null;
}

/** Why the film must wait. */
export function laterWords(status: number, body: string): string {
  const words = wordsIn(body);
  if (words !== null) return words;
  return status >= 500
    ? t("The clinic's server is busy. We keep trying.")
    : t("Something on the way to your clinic does not let the film through. We keep trying.");
}

export interface Answer {
  /** 0: it leads on to another page. */
  readonly status: number;
  readonly body: string;
}

/** The answer, or null when none came within `patienceMs` or before `signal`. Never rejects. */
export async function ask(
  address: string,
  request: RequestInit,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<Answer | null> {
  const hanging = new AbortController();
  const giveUp = () => hanging.abort();
  const timer = setTimeout(giveUp, patienceMs);
  signal?.addEventListener("abort", giveUp);
  try {
    const response = await fetch(address, { ...request, signal: hanging.signal });
    return { status: response.status, body: await response.text() };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

function errorIn(body: string): string {
  try {
    return (JSON.parse(body) as { error?: string }).error ?? "";
  } catch {
    return "";
  }
}
