import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Progress } from "./progress";

const ADDRESSES = { socket: "/ws/sessions/1/", progress: "/sessions/1/progress/" };

class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  constructor(readonly address: URL) {
    super();
    FakeSocket.all.push(this);
  }
  close = vi.fn();
  say(snapshot: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(snapshot) }));
  }
  drop(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

describe("live progress", () => {
  const heard = vi.fn();
  const fetch = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
    FakeSocket.all = [];
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("fetch", fetch);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("comes by websocket from the page's own host", () => {
    new Progress(ADDRESSES, heard);
    expect(FakeSocket.all[0]!.address.href).toMatch(/^ws:\/\/localhost.*\/ws\/sessions\/1\/$/);
    FakeSocket.all[0]!.say({ done: true });
    expect(heard).toHaveBeenCalledWith({ done: true });
  });

  it("is asked for by HTTP when the socket drops, then the socket is tried again", async () => {
    fetch.mockResolvedValue({ ok: true, status: 200, json: async () => ({ done: false }) });
    new Progress(ADDRESSES, heard);
    FakeSocket.all[0]!.drop(1006);
    await vi.advanceTimersByTimeAsync(3000);
    expect(heard).toHaveBeenCalledWith({ done: false });
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("ends when the session may not be seen any more", async () => {
    new Progress(ADDRESSES, heard);
    FakeSocket.all[0]!.drop(4404);
    await vi.advanceTimersByTimeAsync(10000);
    expect(fetch).not.toHaveBeenCalled();
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("stops when the page has no more use for it", async () => {
    const progress = new Progress(ADDRESSES, heard);
    progress.stop();
    FakeSocket.all[0]!.drop(1000);
    await vi.advanceTimersByTimeAsync(10000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});
