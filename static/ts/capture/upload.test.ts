import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Film } from "./film";
import { FilmUpload, UploadRefused, type Destination } from "./upload";

// Node would take the client's own Node build; the page runs its browser build.
vi.mock("tus-js-client", () => import("tus-js-client/dist/tus.js" as string));

const TO: Destination = {
  endpoint: "http://localhost/uploads/",
  session: "5e55",
  task: "smile",
  mime: "video/webm",
  csrf: "token",
  maxPatch: 4,
};

/** A tus server that a test can cut off; `refusal` answers creations with a status and words. */
const server = {
  bytes: 0,
  length: null as number | null,
  cut: false,
  refusal: null as [number, string] | null,
  seen: [] as Array<{ method: string; headers: Record<string, string> }>,
};

type Answer = [status: number, headers: Record<string, string>, body?: string];

function answer(method: string, headers: Record<string, string>, size: number): Answer {
  if (method === "POST") {
    return server.refusal
      ? [server.refusal[0], {}, server.refusal[1]]
      : [201, { location: "/uploads/abc" }];
  }
  const offset = { "upload-offset": String(server.bytes) };
  if (method === "HEAD") return [200, { ...offset, "upload-defer-length": "1" }];
  if (method === "DELETE") return [204, {}];
  if (Number(headers["Upload-Offset"]) !== server.bytes) return [409, offset];
  server.bytes += size;
  if (headers["Upload-Length"]) server.length = Number(headers["Upload-Length"]);
  return [204, { "upload-offset": String(server.bytes) }];
}

class FakeRequest {
  status = 0;
  responseText = "";
  upload = {};
  onload = () => undefined;
  onerror = (_event: unknown) => undefined;
  private method = "";
  private readonly headers: Record<string, string> = {};
  private answered: Record<string, string> = {};

  open(method: string): void {
    this.method = method;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  getResponseHeader(name: string): string | null {
    return this.answered[name.toLowerCase()] ?? null;
  }
  abort(): void {}
  send(body?: Blob): void {
    server.seen.push({ method: this.method, headers: this.headers });
    queueMicrotask(() => {
      if (server.cut) return this.onerror(new Event("error"));
      [this.status, this.answered, this.responseText = ""] = answer(
        this.method,
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
  const listener = { sent: vi.fn(), offline: vi.fn() };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("XMLHttpRequest", FakeRequest);
    Object.assign(server, { bytes: 0, length: null, cut: false, refusal: null, seen: [] });
    vi.clearAllMocks();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("arrives in small parts whose length is told with the last", async () => {
    const upload = new FilmUpload(filmOf("0123456789"), TO, listener);
    expect(await upload.arrived).toBe("abc");
    expect(server).toMatchObject({ bytes: 10, length: 10 });
    expect(server.seen.map(({ method }) => method)).toEqual(["POST", "PATCH", "PATCH", "PATCH"]);
    expect(server.seen[0]!.headers).toMatchObject({ "Upload-Defer-Length": "1" });
  });

  it("sends the CSRF token with every request", async () => {
    await new FilmUpload(filmOf("0123456789"), TO, listener).arrived;
    for (const { headers } of server.seen) expect(headers["X-CSRFToken"]).toBe("token");
  });

  it("goes on from the server's offset when the network is back", async () => {
    const film = new Film();
    const upload = new FilmUpload(film, TO, listener);
    film.add(new Blob(["01234"]));
    await vi.waitFor(() => expect(server.bytes).toBe(4));
    server.cut = true;
    film.add(new Blob(["56789"]));
    await vi.waitFor(() => expect(listener.offline).toHaveBeenCalled());
    film.finish();
    server.cut = false;
    window.dispatchEvent(new Event("online"));
    await upload.arrived;
    expect(server).toMatchObject({ bytes: 10, length: 10 });
    expect(server.seen.some(({ method }) => method === "HEAD")).toBe(true);
  });

  it("tells the server's own words when it refuses", async () => {
    server.refusal = [413, "The film is too large."];
    const upload = new FilmUpload(filmOf("0123"), TO, listener);
    await expect(upload.arrived).rejects.toEqual(new UploadRefused("The film is too large."));
  });

  it("says that the link has ended when the session is not found", async () => {
    server.refusal = [404, "<h1>Not found</h1>"];
    const upload = new FilmUpload(filmOf("0123"), TO, listener);
    await expect(upload.arrived).rejects.toThrow(/link has ended/);
  });

  it("asks the server to delete a film that is given up", async () => {
    const upload = new FilmUpload(new Film(), TO, listener);
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    await upload.cancel();
    expect(server.seen.at(-1)!.method).toBe("DELETE");
  });
});
