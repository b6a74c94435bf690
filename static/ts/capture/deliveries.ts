// The films of this visit on their way: the newest of each task counts, a whole one before a part.
import type { Delivery, DeliveryState } from "./delivery";
import type { Task } from "./setup";

export class Deliveries {
  private films: Delivery[] = [];

  /**
   * A whole film replaces the others of its task: none may arrive after it. A part is not wanted
   * where there is a whole film.
   */
  add(delivery: Delivery): void {
    if (!delivery.isPartial) this.drop(delivery.task.code);
    else if (this.isMade(delivery.task)) return delivery.cancel();
    this.films.push(delivery);
  }

  of(task: string): Delivery | undefined {
    const films = this.films.filter((film) => film.task.code === task);
    const whole = films.filter((film) => !film.isPartial);
    // One that was received counts, where the clinic did not take a newer one.
    return whole.filter((film) => film.state.kind !== "refused").pop() ?? whole.pop() ?? films.pop();
  }

  /** A whole film of this task is there or on its way: nobody needs to make it now. */
  isMade(task: Task): boolean {
    const film = this.of(task.code);
    return film && !film.isPartial ? film.state.kind !== "refused" : task.received;
  }

  /** How the films stand that have not arrived. */
  get underWay(): DeliveryState[] {
    return this.films.filter((film) => !film.isSettled).map(({ state }) => state);
  }

  /** No film goes to the clinic any more until a new link is opened. */
  get hasLinkEnded(): boolean {
    return this.films.some(
      ({ state }) => state.kind === "kept" || (state.kind === "waiting" && state.ended === true),
    );
  }

  /** Why films stay on this device; null: none does. */
  get keptWords(): string | null {
    const kept = this.films.map(({ state }) => state).filter((state) => state.kind === "kept");
    return kept[0]?.words ?? null;
  }

  private drop(task: string): void {
    const ofTask = this.films.filter((film) => film.task.code === task);
    for (const old of ofTask) old.cancel();
    this.films = this.films.filter(
      (film) => film.task.code !== task || film.state.kind === "received",
    );
  }
}
