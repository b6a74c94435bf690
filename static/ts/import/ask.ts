// Questions to the clinic's server, asked again until it answers.
import { ask as request } from "../capture/answers";
import { Patience } from "../capture/patience";

/** The server does not accept it; the message says why and what to do. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export const SIGNED_OUT =
  "You are not signed in any more. Load this page again and choose the files again: " +
  "what has arrived is not sent twice.";
// Longer than the server takes to read a film through.
const ANSWER_MS = 120_000;
export const NO_CONNECTION = "No connection. It goes on by itself when the network is back.";

/** The answer to `body` sent by POST. `waiting` hears why it takes longer. Raises Refused. */
export async function ask<T>(
  address: string,
  csrf: () => string,
  body: object,
  waiting: (words: string) => void,
): Promise<T> {
  const patience = new Patience();
  for (;;) {
    const post = {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify(body),
    };
    const answer = await request(address, post, ANSWER_MS);
    const told = answer && jsonOf(answer.body);
    if (answer && answer.status < 500) {
      if (told && answer.status >= 200 && answer.status < 300) return told as T;
      throw new Refused(told?.error ?? SIGNED_OUT);
    }
    waiting(told?.error ?? NO_CONNECTION);
    await patience.wait();
  }
}

function jsonOf(body: string): { error?: string } | null {
  try {
    return JSON.parse(body) as { error?: string };
  } catch {
    return null; // a page: of the sign-in, or of a proxy
  }
}
