// What AbortController lacks in older browsers (Safari before 15.4, Chrome before 98): the reason,
// and listeners that it removes.

const reasons = new WeakMap<AbortSignal, Error>();

/** Aborts for a reason; the first one counts. */
export function abort(controller: AbortController, reason: Error): void {
  if (controller.signal.aborted) return;
  reasons.set(controller.signal, reason);
  controller.abort();
}

/** Why `abort` has aborted this signal: only for one that is aborted. */
export function reasonOf(signal: AbortSignal): Error {
  return reasons.get(signal)!;
}

/** Listens until `over` is aborted. */
export function listen(
  target: EventTarget,
  event: string,
  heard: (event: Event) => void,
  over: AbortSignal,
): void {
  target.addEventListener(event, heard);
  over.addEventListener("abort", () => target.removeEventListener(event, heard));
}
