import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkEnded, NotNeeded } from "./answers";
import { NotAsSent, NotWanted, SubmitRefused, submitTake, type Submission } from "./submit";

const TAKE: Submission = {
  upload: "abc",
  task: "smile",
  cues: [{ start: 2, end: 4 }],
  capture: {},
  sha256: "f00d",
  partial: false,
};
const RECEIPT = { recording: "r", task: "smile", attempt: 1, sha256: "f00d", received: "" };

function answer(status: number, body: unknown): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, text: async () => text } as Response;
}

describe("submitting a take", () => {
  const fetch = vi.fn();
  const csrf = vi.fn();
  const ago = vi.fn();
  const listener = { offline: vi.fn(), waiting: vi.fn() };
  let unwanted: AbortController;
  const submit = () => submitTake("/submit/", csrf, TAKE, ago, listener, unwanted.signal);

  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
    csrf.mockReturnValue("token");
    ago.mockReturnValue(7.5);
    unwanted = new AbortController();
    vi.stubGlobal("fetch", fetch);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("gives the receipt", async () => {
    fetch.mockResolvedValue(answer(201, RECEIPT));
    expect(await submit()).toEqual(RECEIPT);
    const [, request] = fetch.mock.calls[0]!;
    expect(request.headers["X-CSRFToken"]).toBe("token");
    expect(JSON.parse(request.body)).toEqual({ ...TAKE, ago: 7.5 });
  });

  it("asks again after a lost answer and a failing server", async () => {
    fetch
      .mockRejectedValueOnce(new TypeError("network"))
      .mockResolvedValueOnce(answer(502, "<h1>Bad gateway</h1>"))
      .mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(4000);
    expect(await receipt).toEqual(RECEIPT);
    expect(listener.offline).toHaveBeenCalledTimes(1);
    expect(listener.waiting).toHaveBeenCalledWith(expect.stringContaining("is busy"));
  });

  it("tells at each time the token and the take's age of that moment", async () => {
    csrf.mockReturnValueOnce("old").mockReturnValueOnce("new");
    ago.mockReturnValueOnce(7).mockReturnValueOnce(9);
    fetch
      .mockResolvedValueOnce(answer(403, "<h1>CSRF verification failed</h1>"))
      .mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(1000);
    await receipt;
    const told = fetch.mock.calls.map(([, { headers, body }]) => [
      headers["X-CSRFToken"],
      JSON.parse(body).ago,
    ]);
    expect(told).toEqual([
      ["old", 7],
      ["new", 9],
    ]);
  });

  it("tells why the server takes nothing for now", async () => {
    fetch
      .mockResolvedValueOnce(answer(507, { error: "The clinic's disk is full." }))
      .mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(1000);
    await receipt;
    expect(listener.waiting).toHaveBeenCalledWith("The clinic's disk is full.");
  });

  it("notices an answer that never comes, and asks again", async () => {
    fetch
      .mockImplementationOnce(
        (_address: string, { signal }: RequestInit) =>
          new Promise((_, reject) => signal!.addEventListener("abort", reject)),
      )
      .mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(91_000);
    expect(await receipt).toEqual(RECEIPT);
  });

  it("waits where a proxy refuses what the clinic never saw", async () => {
    for (const status of [403, 404, 408, 413, 425, 429]) {
      fetch.mockResolvedValueOnce(answer(status, "<h1>Blocked</h1>"));
    }
    fetch.mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await receipt).toEqual(RECEIPT);
    expect(listener.waiting).toHaveBeenCalledTimes(6);
  });

  it("takes the answer of a guest network for no connection", async () => {
    fetch
      .mockResolvedValueOnce(answer(200, "<h1>Welcome to our café</h1>"))
      .mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await receipt).toEqual(RECEIPT);
    expect(listener.offline).toHaveBeenCalled();
  });

  it("stops asking once the take is not wanted any more", async () => {
    fetch.mockRejectedValue(new TypeError("network"));
    const ended = expect(submit()).rejects.toBeInstanceOf(NotWanted);
    await vi.advanceTimersByTimeAsync(1500);
    expect(fetch).toHaveBeenCalledTimes(2);
    unwanted.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("breaks off the request that is on its way", async () => {
    fetch.mockImplementation(
      (_address: string, { signal }: RequestInit) =>
        new Promise((_, reject) => {
          signal!.addEventListener("abort", reject);
        }),
    );
    const ended = expect(submit()).rejects.toBeInstanceOf(NotWanted);
    unwanted.abort();
    await ended;
    expect(listener.offline).not.toHaveBeenCalled();
  });

  it("tells why a take is refused", async () => {
    fetch.mockResolvedValue(answer(422, { error: "The film is empty." }));
    await expect(submit()).rejects.toEqual(new SubmitRefused("The film is empty."));
  });

  it("tells when the take is not needed", async () => {
    fetch.mockResolvedValue(answer(406, { error: "This one is not needed." }));
    await expect(submit()).rejects.toBeInstanceOf(NotNeeded);
    await expect(submit()).rejects.toThrow("This one is not needed.");
  });

  it.each([
    [404, { error: "Your link has ended." }, /link has ended/],
    [403, { error: "This session is finished." }, /session is finished/],
  ])("says that the link has ended (%i)", async (status, body, words) => {
    fetch.mockResolvedValue(answer(status, body));
    await expect(submit()).rejects.toBeInstanceOf(LinkEnded);
    await expect(submit()).rejects.toThrow(words);
  });

  it.each([
    ["a receipt for other bytes", answer(201, { ...RECEIPT, sha256: "beef" })],
    ["that the film is incomplete", answer(409, { error: "It has not arrived in full." })],
    ["that the upload is gone", answer(410, { error: "This upload has ended." })],
  ])("knows from %s that the film must be sent again", async (_told, response) => {
    fetch.mockResolvedValue(response);
    await expect(submit()).rejects.toBeInstanceOf(NotAsSent);
  });
});
