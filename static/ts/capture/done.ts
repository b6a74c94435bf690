// The receipt page: tells live how far the clinic's program has come with each film.
import { FilmRow } from "./films";
import { Progress, type ProgressAddresses, type Snapshot } from "./progress";
import { element } from "./screen";
import { takeWords } from "./words";

export function followAnalysis(addresses: ProgressAddresses): Progress {
  return new Progress(addresses, show);
}

function show(snapshot: Snapshot): void {
  for (const take of snapshot.takes) {
    const root = document.querySelector<HTMLElement>(`[data-recording="${take.recording}"]`);
    if (root) new FilmRow(root).tell(takeWords(take));
  }
  element("all-done").hidden = !snapshot.done;
}
