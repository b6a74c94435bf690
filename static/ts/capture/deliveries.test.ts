import { beforeEach, describe, expect, it, vi } from "vitest";
import { Deliveries } from "./deliveries";
import type { Delivery, DeliveryState } from "./delivery";
import { REST, SMILE } from "./fixtures";

const RECEIVED = { kind: "received", receipt: {} } as DeliveryState;
const SENDING: DeliveryState = { kind: "sending", percent: 40 };

class FakeDelivery {
  task = SMILE;
  isCancelled = false;
  cancel = vi.fn(() => (this.isCancelled = true));
  constructor(
    public state: DeliveryState,
    readonly isPartial = false,
  ) {}
  get isSettled(): boolean {
    return this.isCancelled || ["received", "kept", "refused"].includes(this.state.kind);
  }
}

describe("the films of a visit", () => {
  let films: Deliveries;
  const add = (film: FakeDelivery) => {
    films.add(film as unknown as Delivery);
    return film;
  };

  beforeEach(() => {
    films = new Deliveries();
  });

  it("counts the newest of a task, and stops the one before", () => {
    const first = add(new FakeDelivery(SENDING));
    const second = add(new FakeDelivery(SENDING));
    expect(films.of("smile")).toBe(second);
    expect(first.cancel).toHaveBeenCalled();
    expect(films.underWay).toHaveLength(1);
  });

  it("takes a part only until there is a whole film", () => {
    const part = add(new FakeDelivery(SENDING, true));
    expect(films.isMade(SMILE)).toBe(false);
    expect(films.of("smile")).toBe(part);
    const whole = add(new FakeDelivery(SENDING));
    expect(part.cancel).toHaveBeenCalled();
    expect(films.isMade(SMILE)).toBe(true);
    const later = add(new FakeDelivery(SENDING, true));
    expect(later.cancel).toHaveBeenCalled();
    expect(films.of("smile")).toBe(whole);
  });

  it("does not want a part of a film that the clinic has whole", () => {
    const part = new FakeDelivery(SENDING, true);
    part.task = { ...SMILE, received: true };
    expect(add(part).cancel).toHaveBeenCalled();
  });

  it("asks for a task again whose film was refused", () => {
    add(new FakeDelivery({ kind: "refused", words: "It is empty." }));
    expect(films.isMade(SMILE)).toBe(false);
    expect(films.isMade({ ...REST, received: true })).toBe(true);
  });

  it("falls back to the film that was received when a newer one is refused", () => {
    const received = add(new FakeDelivery(RECEIVED));
    const again = add(new FakeDelivery(SENDING));
    expect(films.of("smile")).toBe(again);
    again.state = { kind: "refused", words: "It is empty." };
    expect(films.of("smile")).toBe(received);
    expect(films.isMade(SMILE)).toBe(true);
  });

  it("tells what is under way and what stays on this device", () => {
    const film = add(new FakeDelivery(SENDING));
    expect(films.underWay).toEqual([SENDING]);
    film.state = { kind: "kept", words: "The link has ended." };
    expect(films.underWay).toEqual([]);
    expect(films.keptWords).toBe("The link has ended.");
    film.state = RECEIVED;
    expect(films.keptWords).toBeNull();
  });

  it("tells that the link has ended, also while a film still waits for a new one", () => {
    const film = add(new FakeDelivery({ kind: "waiting", words: "Busy.", isSafe: false }));
    expect(films.hasLinkEnded).toBe(false);
    film.state = { kind: "waiting", words: "It has ended.", isSafe: false, ended: true };
    expect(films.hasLinkEnded).toBe(true);
    film.state = { kind: "kept", words: "It has ended." };
    expect(films.hasLinkEnded).toBe(true);
    film.state = RECEIVED;
    expect(films.hasLinkEnded).toBe(false);
  });
});
