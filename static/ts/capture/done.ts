// The receipt page: tells live how far the clinic's program has come with each film.
import { FilmRow } from "./films";
import type { LateNews } from "./late";
import { Progress, type ProgressAddresses, type Snapshot } from "./progress";
import { element } from "./screen";
import { takeWords } from "./words";

export function followAnalysis(addresses: ProgressAddresses): Progress {
  return new Progress(addresses, show);
}

/** Of films that were still on this device. While it is needed, the page is not to be closed. */
export function showLate({ words, isNeeded }: LateNews): void {
  const place = element("late-words");
  place.hidden = words === "";
  if (place.textContent !== words) place.textContent = words;
  for (const id of ["may-close", "close-here"]) {
    const closing = document.getElementById(id);
    if (closing) closing.hidden = isNeeded;
  }
}

function show(snapshot: Snapshot): void {
  for (const take of snapshot.takes) {
    const root = document.querySelector<HTMLElement>(`[data-recording="${take.recording}"]`);
    if (root) new FilmRow(root).tell(takeWords(take));
  }
  element("all-done").hidden = !snapshot.done;
}
