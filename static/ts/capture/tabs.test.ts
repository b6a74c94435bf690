import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SessionHold } from "./tabs";

type Callback = (lock: object | null) => unknown;

/** Locks as the windows of one browser share them. */
class FakeLocks {
  private readonly held = new Map<string, (error: Error) => void>();

  async request(name: string, options: LockOptions, callback: Callback): Promise<unknown> {
    await Promise.resolve();
    if (this.held.has(name) && options.ifAvailable) return callback(null);
    this.held.get(name)?.(new DOMException("stolen", "AbortError"));
    const stolen = new Promise((_, reject) => this.held.set(name, reject));
    return Promise.race([callback({ name }), stolen]);
  }
}

describe("the hold of a session", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Object.defineProperty(navigator, "locks", { value: new FakeLocks(), configurable: true });
  });
  afterEach(() => {
    vi.useRealTimers();
    Reflect.deleteProperty(navigator, "locks");
  });

  it("is given to one window only", async () => {
    expect(await SessionHold.claim("5e55")).not.toBeNull();
    expect(await SessionHold.claim("5e55")).toBeNull();
    expect(await SessionHold.claim("07e7")).not.toBeNull();
  });

  it("is lost to the window that takes over, which waits for the take to be put away", async () => {
    const first = (await SessionHold.claim("5e55"))!;
    const lost = vi.fn();
    const taken = vi.fn();
    void first.lost.then(lost);
    void SessionHold.takeOver("5e55").then(taken);
    await vi.advanceTimersByTimeAsync(0);
    expect(lost).toHaveBeenCalled();
    expect(taken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3000);
    expect(taken).toHaveBeenCalledWith(expect.any(SessionHold));
  });

  it.each([
    ["without locks", undefined],
    ["that refuses locks", { request: () => Promise.reject(new Error("not allowed")) }],
  ])("is never lost in a browser %s", async (_how, locks) => {
    Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
    const lost = vi.fn();
    void (await SessionHold.claim("5e55"))!.lost.then(lost);
    expect(await SessionHold.claim("5e55")).not.toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    expect(lost).not.toHaveBeenCalled();
  });
});
