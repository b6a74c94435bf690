// Asking the clinic's server, and what its answers mean for a film.
import { t } from "./translate";

/** The link has ended or was closed: nothing more is taken until the clinic gives a new one. */
export class LinkEnded extends Error {
  override readonly name = "LinkEnded";

  constructor(said: string | null) {
    super(said ?? t("Your link has ended or was closed. Please ask your clinic for a new one."));
  }
}

export function isEnded(status: number): boolean {
  return status === 403 || status === 404;
}

/** What the server said, in its own words; null when it is no answer of ours. */
export function wordsIn(body: string): string | null {
  const words = body.startsWith("{") ? errorIn(body) : body;
  // Our own answers are one plain sentence; anything else is a page of some proxy.
  return words.length > 0 && words.length < 300 && !words.includes("<") ? words : null;
}

export function busyWords(body: string): string {
  return (
    wordsIn(body) ??
    t("The clinic's server is busy. Your film is safe on this device; we keep trying.")
  );
}

export function refusalWords(status: number, body: string): string {
  return (
    wordsIn(body) ??
    t("The clinic's server refused the film ({status}). Please call your clinic.", { status })
  );
}

export interface Answer {
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
