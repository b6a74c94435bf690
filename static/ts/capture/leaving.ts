// Notices that the person has left the page, also where the browser does not say so.
import { listen } from "./abort";

const BEAT_MS = 500;
// A page that stood still for so long was away, or only busy: the recorder tells which.
const ASLEEP_MS = 3000;
const CHUNK_PATIENCE_MS = 2000;

/** Calls `left` when the page is hidden, until `over`. */
export function watchLeaving(left: () => void, over: AbortSignal): void {
  const hidden = () => document.hidden && left();
  listen(document, "visibilitychange", hidden, over);
  listen(window, "pagehide", left, over);
}

/**
 * Calls `left` when the page wakes from a sleep and no more of the film comes, until `over`: iOS may
 * freeze and resume a page without any event. `chunks`: how much of the film has come.
 * Returns what looks for a sleep at once, as its end may be seen elsewhere first.
 */
export function watchSleep(
  left: () => void,
  chunks: () => number,
  over: AbortSignal,
): () => Promise<void> {
  let last = Date.now();
  const beat = async () => {
    const slept = Date.now() - last > ASLEEP_MS;
    last = Date.now();
    if (!slept) return;
    const before = chunks();
    for (let waited = 0; waited < CHUNK_PATIENCE_MS; waited += BEAT_MS) {
      await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
      last = Date.now();
      if (chunks() > before || over.aborted) return;
    }
    left();
  };
  const timer = setInterval(() => void beat(), BEAT_MS);
  over.addEventListener("abort", () => clearInterval(timer), { once: true });
  listen(window, "pageshow", () => void beat(), over);
  listen(window, "focus", () => void beat(), over);
  return beat;
}
