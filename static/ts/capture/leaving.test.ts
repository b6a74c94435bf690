import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchLeaving } from "./leaving";

describe("leaving the page", () => {
  const left = vi.fn();
  let over: AbortController;
  let look: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    left.mockClear();
    over = new AbortController();
    look = watchLeaving(left, over.signal);
  });
  afterEach(() => {
    over.abort();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  /** iOS freezes the page: its timers stand still while the clock goes on. */
  const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms);

  it("is noticed when the page is hidden", () => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(left).toHaveBeenCalled();
  });

  it("is noticed by pagehide alone", () => {
    window.dispatchEvent(new Event("pagehide"));
    expect(left).toHaveBeenCalled();
  });

  it.each(["pageshow", "focus"])("is noticed when a page that slept comes back with %s", (event) => {
    sleep(20_000);
    window.dispatchEvent(new Event(event));
    expect(left).toHaveBeenCalled();
  });

  it("is noticed when a page that slept comes back without any event", () => {
    sleep(20_000);
    vi.advanceTimersByTime(500);
    expect(left).toHaveBeenCalled();
  });

  it("is noticed by who asks before any timer runs", () => {
    sleep(20_000);
    look();
    expect(left).toHaveBeenCalled();
  });

  it("is not seen in a window that only gets the focus back", () => {
    vi.advanceTimersByTime(60_000);
    window.dispatchEvent(new Event("focus"));
    expect(left).not.toHaveBeenCalled();
  });

  it("concerns nobody when the take is over", () => {
    over.abort();
    window.dispatchEvent(new Event("pagehide"));
    sleep(20_000);
    vi.advanceTimersByTime(500);
    expect(left).not.toHaveBeenCalled();
  });
});
