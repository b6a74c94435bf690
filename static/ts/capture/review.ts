// The last panel: every film with how it stands, "do that again" for each, and Finish.
import type { Delivery } from "./delivery";
import { FilmRow } from "./films";
import { Progress, type Snapshot } from "./progress";
import { element, type Screen } from "./screen";
import type { Setup, Task } from "./setup";
import { onTap } from "./taps";
import { deliveryWords, takeWords, type Told } from "./words";

const NOT_FILMED: Told = { words: "Not filmed", percent: null, again: false, advice: [] };

export class Review {
  private readonly rows = new Map<string, FilmRow>();
  private snapshot: Snapshot | null = null;
  private replay = "";

  constructor(
    private readonly setup: Setup,
    private readonly screen: Screen,
    private readonly deliveries: ReadonlyMap<string, Delivery>,
  ) {
    for (const task of setup.tasks) this.addRow(task);
  }

  /** Shows the panel until a button is pressed; resolves with its action. */
  async ask(): Promise<string> {
    this.update();
    const progress = new Progress(this.setup, (snapshot) => {
      this.snapshot = snapshot;
      this.update();
    });
    try {
      return await this.screen.ask("review");
    } finally {
      progress.stop();
      this.stopReplay();
    }
  }

  update(): void {
    for (const task of this.setup.tasks) this.updateRow(task);
    const all = [...this.deliveries.values()];
    const isSending = all.some((delivery) => !delivery.isSettled);
    const hasFilm = all.some(({ state }) => state.kind === "received") || this.isAnyReceived();
    this.screen.enable("finish", hasFilm && !isSending);
    this.screen.hide("finish-waits", !isSending);
  }

  /** Plays a film of this visit to the page once more. */
  private watch(code: string): void {
    const delivery = this.deliveries.get(code);
    const video = this.rows.get(code)?.part<HTMLVideoElement>("video");
    if (!delivery || !video) return;
    this.stopReplay();
    this.replay = delivery.replay();
    video.src = this.replay;
    video.hidden = false;
    void video.play();
  }

  private stopReplay(): void {
    for (const row of this.rows.values()) row.part<HTMLVideoElement>("video").hidden = true;
    if (this.replay) URL.revokeObjectURL(this.replay);
    this.replay = "";
  }

  private addRow(task: Task): void {
    const row = FilmRow.from(element<HTMLElement>("film-row") as HTMLTemplateElement, task.title);
    row.part("again").dataset.act = `again:${task.code}`;
    this.screen.listen(row.part("again"));
    onTap(row.part("watch"), () => this.watch(task.code));
    element("films").append(row.root);
    this.rows.set(task.code, row);
  }

  private updateRow(task: Task): void {
    const row = this.rows.get(task.code)!;
    const delivery = this.deliveries.get(task.code);
    const told = this.told(task, delivery);
    row.tell(told);
    row.part("again").textContent = told === NOT_FILMED ? "Film it now" : "Do that again";
    row.part("watch").hidden = !delivery;
  }

  private told(task: Task, delivery: Delivery | undefined): Told {
    const take = this.snapshot?.takes.find((one) => one.task === task.code);
    if (delivery && delivery.state.kind !== "received") return deliveryWords(delivery.state);
    // The snapshot may still tell of the film that a newer one has just replaced.
    const receipt = delivery?.state.kind === "received" ? delivery.state.receipt : null;
    const isSame = take && (!receipt || receipt.recording === take.recording);
    if (isSame) return takeWords(take);
    return delivery ? deliveryWords(delivery.state) : NOT_FILMED;
  }

  private isAnyReceived(): boolean {
    return this.setup.tasks.some((task) => task.received);
  }
}
