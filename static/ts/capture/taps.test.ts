import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onTap } from "./taps";

function pointer(kind: string, x: number): Event {
  const place = { isPrimary: true, button: 0, clientX: x, clientY: 10 };
  return Object.assign(new Event(kind, { bubbles: true }), place);
}

describe("taps", () => {
  let button: HTMLButtonElement;
  let other: HTMLButtonElement;
  let act: ReturnType<typeof vi.fn>;
  const down = (on = button) => on.dispatchEvent(pointer("pointerdown", 50));
  const up = (x = 50) => button.dispatchEvent(pointer("pointerup", x));
  const ms = (count: number) => vi.advanceTimersByTime(count);

  beforeEach(() => {
    vi.useFakeTimers();
    // Time goes on between tests: the half-second after a tap holds for the whole page.
    vi.setSystemTime(0);
    document.body.innerHTML = "<button></button><button></button>";
    [button, other] = document.querySelectorAll("button") as unknown as [HTMLButtonElement, HTMLButtonElement];
    button.getBoundingClientRect = () => new DOMRect(0, 0, 100, 60);
    act = vi.fn();
    onTap(button, act);
    ms((clock += 10_000));
  });
  afterEach(() => {
    other.dispatchEvent(pointer("pointercancel", 0));
    ms(1000);
    vi.useRealTimers();
  });
  let clock = 0;

  it("act when the finger lifts inside the button", () => {
    down();
    up();
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("do nothing when the finger has slid off", () => {
    down();
    up(150);
    expect(act).not.toHaveBeenCalled();
  });

  it("do nothing when they began elsewhere, nor does the click that follows them", () => {
    down(other);
    up();
    button.click();
    expect(act).not.toHaveBeenCalled();
  });

  it("that began elsewhere leave keys and screen readers their press", () => {
    down(other);
    up();
    ms(600);
    button.click();
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("count repeated taps within half a second as one", () => {
    down();
    up();
    button.click();
    ms(400);
    down();
    up();
    expect(act).toHaveBeenCalledTimes(1);
    ms(200);
    down();
    up();
    expect(act).toHaveBeenCalledTimes(2);
  });

  it("work by keyboard, which sends a click alone", () => {
    button.click();
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("take a key that is held down for one press", () => {
    const key = (repeat: boolean) =>
      button.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", repeat, cancelable: true }));
    expect(key(false)).toBe(true);
    expect(key(true)).toBe(false); // no click comes of it
  });

  it("leave a disabled button alone", () => {
    button.disabled = true;
    button.click();
    expect(act).not.toHaveBeenCalled();
  });
});
