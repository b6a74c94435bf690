import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SubmitRefused, submitTake, type Submission } from "./submit";

const TAKE: Submission = {
  upload: "abc",
  task: "smile",
  cues: [{ start: 2, end: 4 }],
  capture: {},
  sha256: "f00d",
};
const RECEIPT = { recording: "r", task: "smile", attempt: 1, sha256: "f00d", received: "" };

function answer(status: number, body: unknown): Response {
  return { status, json: async () => body } as Response;
}

describe("submitting a take", () => {
  const fetch = vi.fn();
  const offline = vi.fn();
  let unwanted: AbortController;
  const submit = () => submitTake("/submit/", "token", TAKE, offline, unwanted.signal);

  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
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
    expect(fetch.mock.calls[0]![1].headers["X-CSRFToken"]).toBe("token");
  });

  it("asks again after a lost answer and a failing server", async () => {
    fetch
      .mockRejectedValueOnce(new TypeError("network"))
      .mockResolvedValueOnce(answer(502, {}))
      .mockResolvedValueOnce(answer(201, RECEIPT));
    const receipt = submit();
    await vi.advanceTimersByTimeAsync(4000);
    expect(await receipt).toEqual(RECEIPT);
    expect(offline).toHaveBeenCalledTimes(2);
  });

  it("stops asking once the take is not wanted any more", async () => {
    fetch.mockRejectedValue(new TypeError("network"));
    const ended = expect(submit()).rejects.toBe("filmed again");
    await vi.advanceTimersByTimeAsync(1500);
    expect(fetch).toHaveBeenCalledTimes(2);
    unwanted.abort("filmed again");
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("breaks off the request that is on its way", async () => {
    fetch.mockImplementation(
      (_address: string, { signal }: RequestInit) =>
        new Promise((_, reject) => {
          signal!.addEventListener("abort", () => reject(signal!.reason as Error));
        }),
    );
    const ended = expect(submit()).rejects.toBe("filmed again");
    unwanted.abort("filmed again");
    await ended;
    expect(offline).not.toHaveBeenCalled();
  });

  it("tells why a take is refused", async () => {
    fetch.mockResolvedValue(answer(422, { error: "The film is empty." }));
    await expect(submit()).rejects.toEqual(new SubmitRefused("The film is empty."));
  });

  it("takes no receipt for other bytes", async () => {
    fetch.mockResolvedValue(answer(201, { ...RECEIPT, sha256: "beef" }));
    await expect(submit()).rejects.toBeInstanceOf(SubmitRefused);
  });
});
