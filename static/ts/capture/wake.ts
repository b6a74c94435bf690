// Keeps the screen on: nobody touches it while they sit still.

/** Asks the browser, and again each time the page comes back; a browser that cannot is let be. */
export async function stayAwake(): Promise<void> {
  if (!("wakeLock" in navigator)) return;
  const ask = () => navigator.wakeLock.request("screen").catch(() => undefined);
  await ask();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void ask();
  });
}
