// Ends the session: asked again until the server has heard it, then the next page is opened.
import { ask, laterWords, meaning } from "./answers";
import { Patience } from "./patience";
import { element } from "./screen";
import { ANSWER_MS } from "./submit";
import { t } from "./translate";

/** `leave` opens this page anew: a finished session leads on to its receipt. Tells why it waits. */
export async function finishSession(
  form: HTMLFormElement,
  csrf: () => string,
  leave: () => void = () => window.location.reload(),
): Promise<void> {
  const patience = new Patience();
  while (!(await isHeard(form, csrf()))) await patience.wait();
  leave();
}

/** The server leads on to the next page, or says in its own words why not. */
async function isHeard(form: HTMLFormElement, csrf: string): Promise<boolean> {
  const told = new FormData(form);
  told.set("csrfmiddlewaretoken", csrf);
  const asked: RequestInit = {
    method: "POST",
    body: told,
    headers: { Accept: "application/json" },
    redirect: "manual",
  };
  const answer = await ask(form.action, asked, ANSWER_MS);
  const { status, body } = answer ?? { status: 200, body: "" };
  if (answer && (status === 0 || (status >= 400 && meaning(status, body) !== "later"))) return true;
  element("finishing-words").textContent =
    status < 400 ? t("No connection. We go on when the network is back.") : laterWords(status, body);
  return false;
}
