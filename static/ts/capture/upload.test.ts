import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkEnded, NotNeeded } from "./answers";
import { Film, FilmShorter } from "./film";
import { FilmUpload, UploadRefused, allRemoved, removeUpload, type Destination } from "./upload";

// Node would take the client's own Node build; the page runs its browser build.
vi.mock("tus-js-client", () => import("tus-js-client/dist/tus.js" as string));

const TO: Destination = {
  endpoint: "http://localhost/uploads/",
  session: "5e55",
  task: "smile",
  mime: "video/webm",
  csrf: () => "token",
  maxPatch: 4,
  address: null,
};

type Answer = [status: number, headers: Record<string, string>, body?: string];

/** A tus server that a test can cut off; each of `next` answers one request before it does. */
class Server {
  uploads = new Map<string, { bytes: number; length: number | null }>();
  cut = false;
  hangs = false;
  next: Array<{ method: string; answer: Answer }> = [];
  seen: Array<{ method: string; url: string; headers: Record<string, string> }> = [];

  answer(method: string, url: string, headers: Record<string, string>, size: number): Answer {
    if (this.next[0]?.method === method) return this.next.shift()!.answer;
    if (method === "POST") return this.create(headers["Upload-Length"]);
    const upload = this.uploads.get(url);
    if (!upload) return [404, {}, "<h1>Not found</h1>"];
    const offset = { "upload-offset": String(upload.bytes) };
    if (method === "HEAD" && upload.length === null) return [200, offset];
    if (method === "HEAD") return [200, { ...offset, "upload-length": String(upload.length) }];
    if (Number(headers["Upload-Offset"]) !== upload.bytes) return [409, offset];
    upload.bytes += size;
    if (headers["Upload-Length"]) upload.length = Number(headers["Upload-Length"]);
    return [204, { "upload-offset": String(upload.bytes) }];
  }

  get methods(): string[] {
    return this.seen.map(({ method }) => method);
  }

  private create(told: string | undefined): Answer {
    const path = `/uploads/u${this.uploads.size + 1}`;
    this.uploads.set(`http://localhost${path}`, { bytes: 0, length: told ? Number(told) : null });
    return [201, { location: path }];
  }
}

let server: Server;

class FakeRequest {
  status = 0;
  responseText = "";
  timeout = 0;
  upload = new EventTarget();
  onload = () => undefined;
  onerror = (_event: unknown) => undefined;
  ontimeout = (_event: unknown) => undefined;
  private method = "";
  private url = "";
  private readonly headers: Record<string, string> = {};
  private answered: Record<string, string> = {};

  open(method: string, url: string): void {
    this.method = method;
    this.url = url;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  getResponseHeader(name: string): string | null {
    return this.answered[name.toLowerCase()] ?? null;
  }
  abort(): void {}
  send(body?: Blob): void {
    server.seen.push({ method: this.method, url: this.url, headers: this.headers });
    if (server.hangs) {
      setTimeout(() => this.ontimeout(new Event("timeout")), this.timeout);
      return;
    }
    queueMicrotask(() => {
      if (server.cut) return this.onerror(new Event("error"));
      [this.status, this.answered, this.responseText = ""] = server.answer(
        this.method,
        this.url,
        this.headers,
        body?.size ?? 0,
      );
      return this.onload();
    });
  }
}

function filmOf(text: string): Film {
  const film = new Film();
  film.add(new Blob([text]));
  film.finish();
  return film;
}

describe("sending a film", () => {
  const listener = { located: vi.fn(), sent: vi.fn(), offline: vi.fn(), waiting: vi.fn() };
  const send = (film: Film, to: Partial<Destination> = {}) =>
    new FilmUpload(film, { ...TO, ...to }, listener);

  beforeEach(() => {
    vi.useFakeTimers();
    server = new Server();
    vi.stubGlobal("XMLHttpRequest", FakeRequest);
    vi.clearAllMocks();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("arrives in small parts whose length is told with the last", async () => {
    const film = new Film();
    const upload = send(film);
    film.add(new Blob(["0123456789"]));
    film.finish();
    expect(await upload.arrived).toBe("u1");
    expect([...server.uploads.values()]).toEqual([{ bytes: 10, length: 10 }]);
    expect(server.methods).toEqual(["POST", "PATCH", "PATCH", "PATCH"]);
    expect(server.seen[0]!.headers).toMatchObject({ "Upload-Defer-Length": "1" });
  });

  it("sends the CSRF token with every request", async () => {
    await send(filmOf("0123456789")).arrived;
    for (const { headers } of server.seen) expect(headers["X-CSRFToken"]).toBe("token");
  });

  it("sends the token that holds at that moment", async () => {
    const tokens = ["old", "new", "newer", "newest"];
    await send(filmOf("0123456789"), { csrf: () => tokens.shift()! }).arrived;
    const sent = server.seen.map(({ headers }) => headers["X-CSRFToken"]);
    expect(sent).toEqual(["old", "new", "newer", "newest"]);
  });

  it("tells from the start how long a film is that is there as a whole", async () => {
    await send(filmOf("0123456789")).arrived;
    expect(server.seen[0]!.headers["Upload-Length"]).toBe("10");
    expect(server.seen[0]!.headers).not.toHaveProperty("Upload-Defer-Length");
  });

  it("tells at once where the server keeps the film", async () => {
    send(new Film());
    await vi.waitFor(() =>
      expect(listener.located).toHaveBeenCalledWith("http://localhost/uploads/u1"),
    );
  });

  it("goes on from the server's offset when the network is back", async () => {
    const film = new Film();
    const upload = send(film);
    film.add(new Blob(["01234"]));
    await vi.waitFor(() => expect(listener.sent).toHaveBeenCalledWith(4));
    server.cut = true;
    film.add(new Blob(["56789"]));
    await vi.waitFor(() => expect(listener.offline).toHaveBeenCalled());
    film.finish();
    server.cut = false;
    window.dispatchEvent(new Event("online"));
    await upload.arrived;
    expect([...server.uploads.values()]).toEqual([{ bytes: 10, length: 10 }]);
    expect(server.methods).toContain("HEAD");
  });

  it("notices a network that hangs, and goes on", async () => {
    server.hangs = true;
    const upload = send(filmOf("0123"));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(listener.offline).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1100);
    expect(listener.offline).toHaveBeenCalled();
    server.hangs = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(await upload.arrived).toBe("u1");
  });

  it("gives a slow network time as long as something moves", async () => {
    const request = vi.spyOn(FakeRequest.prototype, "send");
    server.hangs = true;
    send(filmOf("0123"));
    await vi.advanceTimersByTimeAsync(20_000);
    const sent = request.mock.contexts[0] as FakeRequest;
    sent.upload.dispatchEvent(new Event("progress"));
    expect(sent.timeout).toBe(50_000);
  });

  it("goes on where an earlier visit to the page stopped", async () => {
    const address = "http://localhost/uploads/old";
    server.uploads.set(address, { bytes: 6, length: null });
    expect(await send(filmOf("0123456789"), { address }).arrived).toBe("old");
    expect(server.methods).toEqual(["HEAD", "PATCH"]);
    expect(server.uploads.get(address)).toEqual({ bytes: 10, length: 10 });
  });

  it("sends nothing twice when all had arrived in an earlier visit", async () => {
    const address = "http://localhost/uploads/old";
    server.uploads.set(address, { bytes: 10, length: 10 });
    expect(await send(filmOf("0123456789"), { address }).arrived).toBe("old");
    expect(server.methods).toEqual(["HEAD"]);
  });

  it.each([404, 410])("sends a film anew when the server's part is gone (%i)", async (status) => {
    const film = new Film();
    const upload = send(film);
    film.add(new Blob(["0123"]));
    await vi.waitFor(() => expect(listener.sent).toHaveBeenCalledWith(4));
    server.next = [{ method: "PATCH", answer: [status, {}, "This upload has ended."] }];
    film.add(new Blob(["4567"]));
    await vi.waitFor(() => expect(listener.located).toHaveBeenCalledWith(null));
    film.finish();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await upload.arrived).toBe("u2");
    expect(server.uploads.get("http://localhost/uploads/u2")).toEqual({ bytes: 8, length: 8 });
  });

  it("sends all of a film anew when an earlier visit's part is gone", async () => {
    const address = "http://localhost/uploads/old";
    expect(await send(filmOf("0123"), { address }).arrived).toBe("u1");
    expect(listener.located).toHaveBeenCalledWith("http://localhost/uploads/u1");
  });

  it("goes on at the right offset after a wrong one", async () => {
    const film = new Film();
    const upload = send(film);
    film.add(new Blob(["0123"]));
    await vi.waitFor(() => expect(listener.sent).toHaveBeenCalledWith(4));
    server.uploads.get("http://localhost/uploads/u1")!.bytes = 2;
    film.add(new Blob(["456789"]));
    film.finish();
    await vi.advanceTimersByTimeAsync(1000);
    await upload.arrived;
    expect(server.uploads.get("http://localhost/uploads/u1")).toEqual({ bytes: 10, length: 10 });
    expect(listener.offline).not.toHaveBeenCalled();
  });

  it.each([
    [507, "The clinic's disk is full.", "The clinic's disk is full."],
    [503, "", "The clinic's server is busy. We keep trying."],
    [502, "<h1>Bad gateway</h1>", expect.stringContaining("is busy")],
    [403, "<h1>Forbidden</h1>", expect.stringContaining("on the way to your clinic")],
    [404, "404 page not found", expect.stringContaining("on the way to your clinic")],
    [429, "<h1>Slow down</h1>", expect.stringContaining("on the way to your clinic")],
    [425, "", expect.stringContaining("on the way to your clinic")],
  ])("waits for a server that answers %i and tells why", async (status, body, words) => {
    server.next = [{ method: "POST", answer: [status, {}, body] }];
    const upload = send(filmOf("0123"));
    await vi.waitFor(() => expect(listener.waiting).toHaveBeenCalledWith(words));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await upload.arrived).toBe("u1");
  });

  it("keeps its upload while the server fails to tell how far it is", async () => {
    const address = "http://localhost/uploads/old";
    server.uploads.set(address, { bytes: 6, length: null });
    server.next = [{ method: "HEAD", answer: [503, {}] }];
    const upload = send(filmOf("0123456789"), { address });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await upload.arrived).toBe("old");
    expect(server.methods).toEqual(["HEAD", "HEAD", "PATCH"]);
  });

  it("takes the answer of a guest network for no connection", async () => {
    server.next = [{ method: "POST", answer: [200, {}, "<h1>Welcome to our café</h1>"] }];
    const upload = send(filmOf("0123"));
    await vi.waitFor(() => expect(listener.offline).toHaveBeenCalled());
    await vi.advanceTimersByTimeAsync(1000);
    expect(await upload.arrived).toBe("u1");
  });

  it("sends smaller parts when whole ones do not get through", async () => {
    const mib = 1024 * 1024;
    const film = filmOf("x".repeat(mib));
    server.cut = true;
    const upload = send(film, { maxPatch: 2 * mib });
    await vi.advanceTimersByTimeAsync(2000);
    server.cut = false;
    await vi.advanceTimersByTimeAsync(4000);
    await upload.arrived;
    expect(server.methods.filter((method) => method === "PATCH").length).toBeGreaterThan(1);
  });

  it("sends parts half as large where something between lets no larger ones through", async () => {
    const mib = 1024 * 1024;
    const upload = send(filmOf("x".repeat(mib)), { maxPatch: mib });
    const tooLarge: Answer = [413, {}, "<h1>Request entity too large</h1>"];
    server.next = [{ method: "PATCH", answer: tooLarge }];
    await vi.advanceTimersByTimeAsync(4000);
    await upload.arrived;
    // One that was too large, and two that were not.
    expect(server.methods.filter((method) => method === "PATCH")).toHaveLength(3);
  });

  it("keeps its upload where something between refuses to ask how far it is", async () => {
    const address = "http://localhost/uploads/old";
    server.uploads.set(address, { bytes: 6, length: null });
    server.next = [{ method: "HEAD", answer: [429, {}] }];
    const upload = send(filmOf("0123456789"), { address });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await upload.arrived).toBe("old");
  });

  it("tells the server's own words when it refuses", async () => {
    server.next = [{ method: "POST", answer: [413, {}, "The film is too large."] }];
    const upload = send(filmOf("0123"));
    await expect(upload.arrived).rejects.toEqual(new UploadRefused("The film is too large."));
  });

  it("tells when the film is not needed", async () => {
    server.next = [{ method: "POST", answer: [406, {}, "This one is not needed."] }];
    const upload = send(filmOf("0123"));
    await expect(upload.arrived).rejects.toBeInstanceOf(NotNeeded);
    await expect(upload.arrived).rejects.toThrow("This one is not needed.");
  });

  it.each([
    [404, "Your link has ended.", /link has ended/],
    [403, "This session is finished.", /session is finished/],
  ])("says that the link has ended when nothing new is taken (%i)", async (status, body, words) => {
    server.next = [{ method: "POST", answer: [status, {}, body] }];
    const upload = send(filmOf("0123"));
    await expect(upload.arrived).rejects.toBeInstanceOf(LinkEnded);
    await expect(upload.arrived).rejects.toThrow(words);
  });

  it("can be tried again after the link had ended", async () => {
    server.next = [{ method: "POST", answer: [404, {}, "Your link has ended."] }];
    const upload = send(filmOf("0123"));
    await expect(upload.arrived).rejects.toBeInstanceOf(LinkEnded);
    upload.goOn();
    expect(await upload.arrived).toBe("u1");
  });

  it("leaves a film alone of which the server has more than this device", async () => {
    const address = "http://localhost/uploads/old";
    server.uploads.set(address, { bytes: 6, length: null });
    await expect(send(filmOf("0123"), { address }).arrived).rejects.toBeInstanceOf(FilmShorter);
    expect(server.uploads.get(address)).toEqual({ bytes: 6, length: null });
  });

  it("sends all of the film once more when it is asked to", async () => {
    const upload = send(filmOf("0123"));
    expect(await upload.arrived).toBe("u1");
    upload.sendAgain();
    expect(await upload.arrived).toBe("u2");
    expect(listener.located).toHaveBeenLastCalledWith("http://localhost/uploads/u2");
  });

  it("sends nothing more once it is stopped", async () => {
    const upload = send(filmOf("0123"));
    upload.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.seen).toEqual([]);
  });
});

describe("removing a film from the server", () => {
  const fetch = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    fetch.mockReset();
    vi.stubGlobal("fetch", fetch);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is tried until the server has answered", async () => {
    fetch
      .mockRejectedValueOnce(new TypeError("network"))
      .mockResolvedValueOnce({ status: 503, text: async () => "" })
      .mockResolvedValueOnce({ status: 403, text: async () => "<h1>Blocked</h1>" })
      .mockResolvedValueOnce({ status: 204, text: async () => "" });
    const tokens = ["token", "2", "3", "4"];
    const removed = removeUpload("http://localhost/uploads/abc", () => tokens.shift()!);
    await vi.advanceTimersByTimeAsync(8000);
    await removed;
    expect(fetch).toHaveBeenCalledTimes(4);
    expect(fetch.mock.calls[3]![1].headers["X-CSRFToken"]).toBe("4");
    expect(fetch.mock.calls[0]![1]).toMatchObject({
      method: "DELETE",
      headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": "token" },
    });
  });

  it("can be waited for", async () => {
    const steps: string[] = [];
    fetch
      .mockRejectedValueOnce(new TypeError("network"))
      .mockResolvedValueOnce({ status: 204, text: async () => "" });
    void removeUpload("http://localhost/uploads/abc", () => "token").then(() => steps.push("gone"));
    const all = allRemoved(() => steps.push("waits")).then(() => steps.push("all"));
    await vi.advanceTimersByTimeAsync(500);
    expect(steps).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    await all;
    expect(steps).toEqual(["gone", "all"]);
  });
});
