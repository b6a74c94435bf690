import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { follow, type Snapshot } from "./live";

class FakeSocket {
  static opened: FakeSocket[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  constructor(readonly address: URL) {
    FakeSocket.opened.push(this);
  }

  close(): void {
    this.closed = true;
    this.onclose?.();
  }
}

function snapshot(done = false): Snapshot {
  return { session: "s", submitted: true, done, takes: [], session_job: null };
}

const socket = (): FakeSocket => FakeSocket.opened[FakeSocket.opened.length - 1] as FakeSocket;
const fetched = vi.fn<() => Promise<Response>>();

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  fetched.mockReset();
  fetched.mockImplementation(async () => new Response(JSON.stringify(snapshot())));
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("following a session", () => {
  it("hands on each message of the socket, on the page's own origin", () => {
    const seen = vi.fn();
    follow("/ws/sessions/s/", "/poll/", seen);
    expect(socket().address.href).toBe("ws://localhost:3000/ws/sessions/s/");
    socket().onmessage?.({ data: JSON.stringify(snapshot()) });
    expect(seen).toHaveBeenCalledWith(snapshot());
    expect(fetched).not.toHaveBeenCalled();
  });

  it("stops when all is done", () => {
    follow("/ws/", "/poll/", vi.fn());
    socket().onmessage?.({ data: JSON.stringify(snapshot(true)) });
    expect(socket().closed).toBe(true);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(fetched).not.toHaveBeenCalled();
  });

  it("asks by HTTP while there is no socket, and then tries the socket again", async () => {
    const seen = vi.fn();
    follow("/ws/", "/poll/", seen);
    socket().onclose?.();
    await vi.advanceTimersByTimeAsync(100);
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(seen).toHaveBeenCalledWith(snapshot());
    await vi.advanceTimersByTimeAsync(1500);
    expect(FakeSocket.opened).toHaveLength(2);
  });

  it("tries the socket less and less often, asking all the while", async () => {
    follow("/ws/", "/poll/", vi.fn());
    for (let i = 0; i < 5; i++) {
      socket().onclose?.();
      await vi.advanceTimersByTimeAsync(12_000);
    }
    expect(FakeSocket.opened).toHaveLength(6);
    expect(fetched.mock.calls.length).toBeGreaterThan(10);
  });

  it("goes on when the network is away", async () => {
    fetched.mockRejectedValue(new TypeError("no network"));
    const seen = vi.fn();
    follow("/ws/", "/poll/", seen);
    socket().onclose?.();
    await vi.advanceTimersByTimeAsync(1500);
    expect(seen).not.toHaveBeenCalled();
    expect(FakeSocket.opened).toHaveLength(2);
  });

  it("ends when told to, without another socket or question", async () => {
    const stop = follow("/ws/", "/poll/", vi.fn());
    stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(FakeSocket.opened).toHaveLength(1);
    expect(fetched).not.toHaveBeenCalled();
  });
});
