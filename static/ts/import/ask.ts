// Questions to the clinic's server, asked again until it answers.
import { Patience } from "../capture/patience";

/** The server does not accept it; the message says why and what to do. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export const SIGNED_OUT =
  "You are not signed in any more. Load this page again and choose the files again: " +
  "what has arrived is not sent twice.";
export const NO_CONNECTION = "No connection. It goes on by itself when the network is back.";

/** The answer to `body` sent by POST. `waiting` hears why it takes longer. Raises Refused. */
export async function ask<T>(
  address: string,
  csrf: string,
  body: object,
  waiting: (words: string) => void,
): Promise<T> {
  const patience = new Patience();
  for (;;) {
    const response = await post(address, csrf, body);
    const answer = response && (await jsonOf(response));
    if (response?.ok && answer) return answer as T;
    if (response && (response.status < 500 || response.redirected)) {
      throw new Refused(answer?.error ?? SIGNED_OUT);
    }
    waiting(answer?.error ?? NO_CONNECTION);
    await patience.wait();
  }
}

async function post(address: string, csrf: string, body: object): Promise<Response | null> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify(body),
    });
  } catch {
    return null;
  }
}

async function jsonOf(response: Response): Promise<{ error?: string } | null> {
  try {
    return (await response.json()) as { error?: string };
  } catch {
    return null; // a page: of the sign-in, or of a proxy
  }
}
