import { describe, expect, it, vi } from "vitest";
import { abort, listen, reasonOf } from "./abort";

describe("aborting", () => {
  it("keeps the first reason", () => {
    const controller = new AbortController();
    const first = new Error("first");
    abort(controller, first);
    abort(controller, new Error("second"));
    expect(controller.signal.aborted).toBe(true);
    expect(reasonOf(controller.signal)).toBe(first);
  });

  it("ends what was listened to", () => {
    const over = new AbortController();
    const heard = vi.fn();
    listen(window, "focus", heard, over.signal);
    window.dispatchEvent(new Event("focus"));
    over.abort();
    window.dispatchEvent(new Event("focus"));
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
