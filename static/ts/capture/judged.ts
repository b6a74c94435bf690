// What is known of each task's film, from its delivery and from what the clinic tells of it.
import type { Deliveries } from "./deliveries";
import type { Snapshot, TakeProgress } from "./progress";
import type { Film } from "./retakes";
import type { Task } from "./setup";
import { deliveryWords, takeWords, type Told } from "./words";
import { t } from "./translate";

const CHECKED = new Set<TakeProgress["state"]>(["done", "failed", "cancelled", "none"]);

export class Judged {
  constructor(
    private readonly tasks: readonly Task[],
    private readonly deliveries: Deliveries,
    private readonly snapshot: Snapshot | null,
  ) {}

  get films(): Film[] {
    return this.tasks.map((task) => this.film(task));
  }

  get hasAny(): boolean {
    return this.tasks.some((task) => this.isReceived(task));
  }

  /** The clinic's program has looked at every film that has arrived. */
  get isChecked(): boolean {
    return this.tasks
      .filter((task) => this.isReceived(task))
      .every((task) => CHECKED.has(this.take(task)?.state ?? "queued"));
  }

  told(task: Task): Told {
    const delivery = this.deliveries.of(task.code);
    const take = this.take(task);
    if (take) return takeWords(take);
    if (delivery) return deliveryWords(delivery.state);
    const words = task.received ? t("Received by your clinic") : t("Not filmed");
    return { words, percent: null, again: false, advice: [] };
  }

  private film(task: Task): Film {
    const delivery = this.deliveries.of(task.code);
    const film = { task, refusal: null, findings: this.take(task)?.findings ?? [] };
    if (!delivery) return { ...film, state: task.received ? "received" : "missing" };
    if (delivery.state.kind === "refused") {
      return task.received
        ? { ...film, state: "received" }
        : { ...film, state: "refused", refusal: delivery.state.words };
    }
    return { ...film, state: delivery.isPartial && !task.received ? "partial" : "received" };
  }

  private isReceived(task: Task): boolean {
    return task.received || this.deliveries.of(task.code)?.state.kind === "received";
  }

  /** The clinic's word on the newest film: the snapshot may still tell of an older one. */
  private take(task: Task): TakeProgress | undefined {
    const state = this.deliveries.of(task.code)?.state;
    const takes = this.snapshot?.takes.filter((take) => take.task === task.code) ?? [];
    if (!state) return takes.sort((a, b) => b.attempt - a.attempt)[0];
    return state.kind === "received"
      ? takes.find((take) => take.recording === state.receipt.recording)
      : undefined;
  }
}
