import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Patience } from "./patience";

describe("patience with the network", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  async function waited(patience: Patience): Promise<number> {
    const since = Date.now();
    const wait = patience.wait();
    await vi.runAllTimersAsync();
    await wait;
    return Date.now() - since;
  }

  it("waits longer each time, never longer than 15 s", async () => {
    const patience = new Patience();
    const waits = [];
    for (let i = 0; i < 7; i += 1) waits.push(await waited(patience));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  });

  it("begins anew once something has worked", async () => {
    const patience = new Patience();
    await waited(patience);
    await waited(patience);
    patience.reset();
    expect(await waited(patience)).toBe(1000);
  });

  it("goes on at once when the network is back", async () => {
    const wait = new Patience().wait();
    window.dispatchEvent(new Event("online"));
    await expect(wait).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});
