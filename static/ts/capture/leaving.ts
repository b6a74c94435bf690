// Notices that the person has left the page, also where the browser does not say so.

const BEAT_MS = 500;
// A page that slept for so long was away: iOS may freeze and resume it without any event.
const ASLEEP_MS = 3000;

/**
 * Calls `left` when the page is hidden or wakes from a sleep, until `over`.
 * Returns what looks for a sleep at once: its end may be seen elsewhere first.
 */
export function watchLeaving(left: () => void, over: AbortSignal): () => void {
  let last = Date.now();
  const beat = () => {
    const now = Date.now();
    if (now - last > ASLEEP_MS) left();
    last = now;
  };
  const timer = setInterval(beat, BEAT_MS);
  over.addEventListener("abort", () => clearInterval(timer), { once: true });
  const hidden = () => document.hidden && left();
  document.addEventListener("visibilitychange", hidden, { signal: over });
  window.addEventListener("pagehide", left, { signal: over });
  window.addEventListener("pageshow", beat, { signal: over });
  window.addEventListener("focus", beat, { signal: over });
  return beat;
}
