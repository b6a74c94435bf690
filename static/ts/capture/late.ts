// The receipt page: films that are still on this device are sent first, and then forgotten here.
import type { Delivery, DeliveryState } from "./delivery";
import { Patience } from "./patience";
import { recover } from "./recover";
import type { Delivering } from "./setup";
import { TakeStore } from "./store";
import { SessionHold } from "./tabs";
import { t } from "./translate";
import { sendingWords } from "./words";

/** What the person reads; "" where nothing is left. */
export interface LateNews {
  readonly words: string;
  /** Films are under way: the page is needed. */
  readonly isNeeded: boolean;
}

/** Sends what is left of a finished session, then has the page tell of what has arrived. */
export async function sendLate(
  setup: Delivering,
  tell: (news: LateNews) => void,
  reload: () => void = () => window.location.reload(),
): Promise<void> {
  // Another window may still be making the films.
  const patience = new Patience();
  while (!(await SessionHold.claim(setup.session))) await patience.wait();
  const store = await TakeStore.open();
  if (!store) return;
  let films: readonly Delivery[] | null = null;
  const changed = () => {
    if (films === null) return;
    tell({ words: lateWords(films), isNeeded: films.some((film) => !film.isSettled) });
    if (films.every((film) => film.isSettled)) void end(films);
  };
  const end = async (ended: readonly Delivery[]) => {
    await forget(setup.session, ended, store);
    if (ended.some(({ state }) => state.kind === "received")) reload();
  };
  films = await recover(setup, store, changed);
  changed();
}

/** Of a task of which the clinic has a film, nothing stays; whatever else was refused does. */
async function forget(
  session: string,
  films: readonly Delivery[],
  store: TakeStore,
): Promise<void> {
  const over = films.filter(({ state }) => isOver(state)).map(({ task }) => task.code);
  for (const take of await store.left(session)) {
    if (over.includes(take.task)) await store.forget(take.id);
  }
}

function isOver(state: DeliveryState): boolean {
  return state.kind === "received" || (state.kind === "refused" && state.needless === true);
}

function lateWords(films: readonly Delivery[]): string {
  const states = films.map(({ state }) => state);
  const here = states.filter((state) => !isOver(state));
  if (here.length === 0) {
    return states.some(({ kind }) => kind === "received") ? t("All your films have arrived.") : "";
  }
  const count =
    here.length === 1
      ? t("One film is still on this device.")
      : t("{n} films are still on this device.", { n: here.length });
  const stuck = here.flatMap((state) =>
    state.kind === "kept" || state.kind === "refused" ? [state.words] : [],
  );
  if (stuck.length === here.length) return `${count} ${stuck[0]}`;
  return `${count} ${t("Keep this page open.")} ${sendingWords(here).words}`;
}
