// Waiting for the network to come back: soon at first, then less often, at once when it is back.

const DELAYS_MS = [1000, 2000, 4000, 8000, 15000];

export class Patience {
  private attempt = 0;

  /** Something worked: the next wait is short again. */
  reset(): void {
    this.attempt = 0;
  }

  wait(): Promise<void> {
    const delay = DELAYS_MS[Math.min(this.attempt, DELAYS_MS.length - 1)]!;
    this.attempt += 1;
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        window.removeEventListener("online", go);
        resolve();
      };
      const timer = setTimeout(go, delay);
      window.addEventListener("online", go);
    });
  }
}
