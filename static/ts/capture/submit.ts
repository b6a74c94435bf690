// Hands a fully uploaded take to the clinic, with its cue times and facts; gets the receipt.
import { Patience } from "./patience";
import type { Cue } from "./timeline";

export interface Submission {
  readonly upload: string;
  readonly task: string;
  readonly cues: readonly Cue[];
  readonly capture: Readonly<Record<string, unknown>>;
  readonly sha256: string;
}

export interface Receipt {
  readonly recording: string;
  readonly task: string;
  readonly attempt: number;
  readonly sha256: string;
  readonly received: string;
}

/** The clinic does not accept the take; the message is for the person. */
export class SubmitRefused extends Error {
  override readonly name = "SubmitRefused";
}

/**
 * Asks again until the server answers: asked twice, it gives the same receipt.
 * Stops with the reason of `signal` once that is aborted.
 */
export async function submitTake(
  address: string,
  csrf: string,
  submission: Submission,
  offline: () => void,
  signal: AbortSignal,
): Promise<Receipt> {
  const patience = new Patience();
  for (;;) {
    signal.throwIfAborted();
    const response = await post(address, csrf, submission, signal);
    if (response?.status === 201) return checked((await response.json()) as Receipt, submission);
    if (response && response.status < 500) throw new SubmitRefused(await words(response));
    signal.throwIfAborted();
    offline();
    await patience.wait();
  }
}

async function post(
  address: string,
  csrf: string,
  submission: Submission,
  signal: AbortSignal,
): Promise<Response | null> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify(submission),
      signal,
    });
  } catch {
    return null;
  }
}

function checked(receipt: Receipt, submission: Submission): Receipt {
  if (receipt.sha256 !== submission.sha256) {
    throw new SubmitRefused("The film did not arrive as it was sent. Please film it again.");
  }
  return receipt;
}

async function words(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => ({}))) as { error?: string };
  return (
    answer.error ??
    "Your link has ended or was closed. Please ask your clinic for a new one, and film again."
  );
}
