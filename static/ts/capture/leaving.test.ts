import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchLeaving, watchSleep } from "./leaving";

describe("leaving the page", () => {
  const left = vi.fn();
  let over: AbortController;
  let look: () => Promise<void>;
  let chunks: number;

  beforeEach(() => {
    vi.useFakeTimers();
    left.mockClear();
    over = new AbortController();
    chunks = 5;
    watchLeaving(left, over.signal);
    look = watchSleep(left, () => chunks, over.signal);
  });
  afterEach(() => {
    over.abort();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** The page stands still: its timers do not run while the clock goes on. */
  const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms);
  const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

  it("is noticed when the page is hidden", () => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(left).toHaveBeenCalled();
  });

  it("is noticed by pagehide alone", () => {
    window.dispatchEvent(new Event("pagehide"));
    expect(left).toHaveBeenCalled();
  });

  it.each(["pageshow", "focus"])("is noticed when a page that slept comes back with %s", async (event) => {
    sleep(20_000);
    window.dispatchEvent(new Event(event));
    await seconds(2);
    expect(left).toHaveBeenCalled();
  });

  it("is noticed when a page that slept comes back without any event", async () => {
    sleep(20_000);
    await seconds(2.5);
    expect(left).toHaveBeenCalled();
  });

  it("is noticed by who asks before any timer runs", async () => {
    sleep(20_000);
    const looked = look();
    await seconds(2);
    await looked;
    expect(left).toHaveBeenCalled();
  });

  it("is not seen in a page that was only busy: its film goes on", async () => {
    sleep(8_000);
    await seconds(1);
    chunks += 1;
    await seconds(10);
    expect(left).not.toHaveBeenCalled();
  });

  it("is not seen in a window that only gets the focus back", async () => {
    await seconds(60);
    window.dispatchEvent(new Event("focus"));
    await seconds(5);
    expect(left).not.toHaveBeenCalled();
  });

  it("concerns nobody when the take is over", async () => {
    sleep(20_000);
    await seconds(1);
    over.abort();
    window.dispatchEvent(new Event("pagehide"));
    await seconds(5);
    expect(left).not.toHaveBeenCalled();
  });
});
