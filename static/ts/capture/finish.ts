// Ends the session: asked again until the server has heard it, then the next page is opened.
import { Patience } from "./patience";

/** `leave` opens this page anew: a finished session leads on to its receipt. */
export async function finishSession(
  form: HTMLFormElement,
  leave: () => void = () => window.location.reload(),
): Promise<void> {
  const patience = new Patience();
  while (!(await isHeard(form))) await patience.wait();
  leave();
}

async function isHeard(form: HTMLFormElement): Promise<boolean> {
  const asked = { method: "POST", body: new FormData(form), redirect: "manual" } as const;
  const response = await fetch(form.action, asked).catch(() => null);
  return response !== null && response.status < 500;
}
