// Hands a fully uploaded take to the clinic, with its cue times and facts; gets the receipt.
import { LinkEnded, NotNeeded, ask, laterWords, meaning, wordsIn } from "./answers";
import { Patience } from "./patience";
import type { Cue } from "./timeline";
import { t } from "./translate";

export interface Submission {
  readonly upload: string;
  readonly task: string;
  readonly cues: readonly Cue[];
  readonly capture: Readonly<Record<string, unknown>>;
  readonly sha256: string;
  /** The film is only a part of its take. */
  readonly partial: boolean;
}

export interface Receipt {
  readonly recording: string;
  readonly task: string;
  readonly attempt: number;
  readonly sha256: string;
  readonly received: string;
}

export interface SubmitListener {
  offline(): void;
  /** The server takes nothing for now, for the reason that it tells. */
  waiting(words: string): void;
}

/** The clinic does not accept the take; the message is for the person. */
export class SubmitRefused extends Error {
  override readonly name = "SubmitRefused";
}

/** What the server has is not the film as it was recorded. */
export class NotAsSent extends Error {
  override readonly name = "NotAsSent";

  constructor() {
    super(t("The film did not arrive as it was sent. Please call your clinic."));
  }
}

/** The take is not wanted any more. */
export class NotWanted extends Error {
  override readonly name = "NotWanted";
}

// The server looks at the whole film before it answers.
export const ANSWER_MS = 90_000;
const NOT_AS_SENT = new Set([409, 410]);

/**
 * Asks again until the server answers: asked twice, it gives the same receipt. `ago` tells how many
 * seconds ago the take began.
 * Throws SubmitRefused, NotNeeded, NotAsSent or LinkEnded; NotWanted once `signal` is aborted.
 */
export async function submitTake(
  address: string,
  csrf: () => string,
  submission: Submission,
  ago: () => number,
  listener: SubmitListener,
  signal: AbortSignal,
): Promise<Receipt> {
  const request = () => ({
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify({ ...submission, ago: ago() }),
  });
  const patience = new Patience();
  for (;;) {
    if (signal.aborted) throw new NotWanted();
    const answer = await ask(address, request(), ANSWER_MS, signal);
    if (signal.aborted) throw new NotWanted();
    const { status, body } = answer ?? { status: 0, body: "" };
    if (status === 201) return checked(JSON.parse(body) as Receipt, submission);
    if (status < 400) listener.offline();
    else if (meaning(status, body) === "later") listener.waiting(laterWords(status, body));
    else throw refusal(status, body);
    await patience.wait();
  }
}

function checked(receipt: Receipt, submission: Submission): Receipt {
  if (receipt.sha256 !== submission.sha256) throw new NotAsSent();
  return receipt;
}

function refusal(status: number, body: string): Error {
  if (NOT_AS_SENT.has(status)) return new NotAsSent();
  const words = wordsIn(body)!;
  switch (meaning(status, body)) {
    case "ended":
      return new LinkEnded(words);
    case "needless":
      return new NotNeeded(words);
    default:
      return new SubmitRefused(words);
  }
}
