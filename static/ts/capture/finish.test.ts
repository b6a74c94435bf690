import { afterEach, describe, expect, it, vi } from "vitest";
import { finishSession } from "./finish";

const FORM = document.createElement("form");
FORM.action = "/finish/";
FORM.innerHTML = '<input type="hidden" name="csrfmiddlewaretoken" value="of the page">';

function answer(status: number, body = "") {
  return { status, text: async () => body };
}

describe("finishing a session", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("tells the clinic, then opens the next page", async () => {
    const fetch = vi.fn().mockResolvedValue(answer(0));
    vi.stubGlobal("fetch", fetch);
    const leave = vi.fn();
    await finishSession(FORM, () => "token", leave);
    expect(fetch.mock.calls[0]![1]).toMatchObject({
      method: "POST",
      redirect: "manual",
      headers: { Accept: "application/json" },
    });
    const told = fetch.mock.calls[0]![1].body as FormData;
    expect(told.getAll("csrfmiddlewaretoken")).toEqual(["token"]);
    expect(leave).toHaveBeenCalled();
  });

  it("asks again while there is no network and while the server is ill", async () => {
    vi.useFakeTimers();
    const fetch = vi
      .fn()
      .mockRejectedValueOnce(new TypeError("offline"))
      .mockResolvedValueOnce(answer(503, '{"error": "The computer is busy."}'))
      .mockResolvedValueOnce(answer(403, "<h1>Blocked by your network</h1>"))
      .mockResolvedValue(answer(0));
    vi.stubGlobal("fetch", fetch);
    const leave = vi.fn();
    document.body.innerHTML = '<p id="finishing-words"></p>';
    const finished = finishSession(FORM, () => "token", leave);
    await vi.advanceTimersByTimeAsync(500);
    expect(leave).not.toHaveBeenCalled();
    expect(document.body.textContent).toBe("No connection. We go on when the network is back.");
    await vi.waitUntil(() => fetch.mock.calls.length === 2);
    expect(document.body.textContent).toBe("The computer is busy.");
    await vi.advanceTimersByTimeAsync(20_000);
    await finished;
    expect(fetch).toHaveBeenCalledTimes(4);
    expect(leave).toHaveBeenCalledTimes(1);
  });

  it("asks again where no answer comes", async () => {
    vi.useFakeTimers();
    const hanging = (_address: string, { signal }: RequestInit) =>
      new Promise((_, reject) => signal!.addEventListener("abort", reject));
    const fetch = vi.fn().mockImplementationOnce(hanging).mockResolvedValue(answer(0));
    vi.stubGlobal("fetch", fetch);
    const leave = vi.fn();
    document.body.innerHTML = '<p id="finishing-words"></p>';
    void finishSession(FORM, () => "token", leave);
    await vi.advanceTimersByTimeAsync(89_000); // the server checks parts of films first
    expect(fetch).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(leave).toHaveBeenCalled();
  });

  it("goes on when the clinic says that the link has ended", async () => {
    vi.stubGlobal("fetch", async () => answer(404, '{"error": "Your link has ended."}'));
    const leave = vi.fn();
    await finishSession(FORM, () => "token", leave);
    expect(leave).toHaveBeenCalled();
  });
});
