import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onTap } from "./taps";

function pointerUp(x: number): Event {
  return Object.assign(new Event("pointerup"), { isPrimary: true, button: 0, clientX: x, clientY: 10 });
}

// Time goes on between tests: the half-second after a tap holds for the whole page.
let time = 0;

describe("taps", () => {
  let button: HTMLButtonElement;
  let act: ReturnType<typeof vi.fn>;

  beforeEach(() => {
    time += 1000;
    vi.spyOn(performance, "now").mockImplementation(() => time);
    button = document.createElement("button");
    button.getBoundingClientRect = () => new DOMRect(0, 0, 100, 60);
    act = vi.fn();
    onTap(button, act);
  });
  afterEach(() => vi.restoreAllMocks());

  it("act when the finger lifts inside the button", () => {
    button.dispatchEvent(pointerUp(50));
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("do nothing when the finger has slid off", () => {
    button.dispatchEvent(pointerUp(150));
    expect(act).not.toHaveBeenCalled();
  });

  it("count repeated taps within half a second as one", () => {
    button.dispatchEvent(pointerUp(50));
    button.click();
    time += 400;
    button.dispatchEvent(pointerUp(50));
    expect(act).toHaveBeenCalledTimes(1);
    time += 200;
    button.dispatchEvent(pointerUp(50));
    expect(act).toHaveBeenCalledTimes(2);
  });

  it("work by keyboard, which sends a click alone", () => {
    button.click();
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("leave a disabled button alone", () => {
    button.disabled = true;
    button.dispatchEvent(pointerUp(50));
    expect(act).not.toHaveBeenCalled();
  });
});
