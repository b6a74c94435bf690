import { afterEach, describe, expect, it, vi } from "vitest";
import { finishSession } from "./finish";

const FORM = document.createElement("form");
FORM.action = "/finish/";

describe("finishing a session", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("tells the clinic, then opens the next page", async () => {
    const fetch = vi.fn().mockResolvedValue({ status: 0, type: "opaqueredirect" });
    vi.stubGlobal("fetch", fetch);
    const leave = vi.fn();
    await finishSession(FORM, leave);
    expect(fetch.mock.calls[0]![1]).toMatchObject({ method: "POST", redirect: "manual" });
    expect(leave).toHaveBeenCalled();
  });

  it("asks again while there is no network and while the server is ill", async () => {
    vi.useFakeTimers();
    const fetch = vi
      .fn()
      .mockRejectedValueOnce(new TypeError("offline"))
      .mockResolvedValueOnce({ status: 503 })
      .mockResolvedValue({ status: 0 });
    vi.stubGlobal("fetch", fetch);
    const leave = vi.fn();
    const finished = finishSession(FORM, leave);
    await vi.advanceTimersByTimeAsync(500);
    expect(leave).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(20_000);
    await finished;
    expect(fetch).toHaveBeenCalledTimes(3);
    expect(leave).toHaveBeenCalledTimes(1);
  });
});
