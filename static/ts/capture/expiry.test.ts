import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchExpiry } from "./expiry";

const MINUTE = 60_000;

describe("a link that ends", () => {
  const warn = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    warn.mockClear();
  });
  afterEach(() => vi.useRealTimers());

  const endsIn = (minutes: number) => new Date(Date.now() + minutes * MINUTE).toISOString();

  it("is told of ten minutes before, once", () => {
    watchExpiry(endsIn(25), warn);
    vi.advanceTimersByTime(14 * MINUTE);
    expect(warn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20 * MINUTE);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/ends at \d\d:\d\d\..*still taken/);
  });

  it("is told of at once when less is left", () => {
    watchExpiry(endsIn(3), warn);
    expect(warn).toHaveBeenCalled();
  });

  it("may lie weeks ahead", () => {
    watchExpiry(endsIn(60 * 24 * 60), warn);
    vi.advanceTimersByTime(60 * 24 * 59 * MINUTE);
    expect(warn).not.toHaveBeenCalled();
  });

  it("concerns nobody who has no link", () => {
    watchExpiry(null, warn);
    vi.advanceTimersByTime(MINUTE);
    expect(warn).not.toHaveBeenCalled();
  });
});
