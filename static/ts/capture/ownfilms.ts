// The films of this visit, to be looked at by who wants to: closed until it is opened.
import type { Deliveries } from "./deliveries";
import { FilmRow } from "./films";
import { element } from "./screen";
import type { Task } from "./setup";
import { onTap } from "./taps";
import type { Told } from "./words";

export class OwnFilms {
  private readonly details = element<HTMLDetailsElement>("own-films");
  private readonly rows = new Map<string, FilmRow>();
  private replay = "";

  constructor(
    tasks: readonly Task[],
    private readonly deliveries: Deliveries,
    opened: () => void,
  ) {
    for (const task of tasks) this.addRow(task);
    this.details.addEventListener("toggle", () => this.details.open && opened());
  }

  tell(task: Task, told: Told): void {
    const row = this.rows.get(task.code)!;
    row.tell(told);
    row.part("watch").hidden = !this.deliveries.of(task.code);
  }

  close(): void {
    this.details.open = false;
    this.stop();
  }

  private addRow(task: Task): void {
    const row = FilmRow.from(element<HTMLElement>("film-row") as HTMLTemplateElement, task.title);
    onTap(row.part("watch"), () => this.watch(task.code));
    element("films").append(row.root);
    this.rows.set(task.code, row);
  }

  private watch(code: string): void {
    const delivery = this.deliveries.of(code);
    if (!delivery) return;
    this.stop();
    this.replay = delivery.replay();
    const video = this.rows.get(code)!.part<HTMLVideoElement>("video");
    video.src = this.replay;
    video.hidden = false;
    void video.play();
  }

  private stop(): void {
    for (const row of this.rows.values()) {
      const video = row.part<HTMLVideoElement>("video");
      video.pause();
      video.hidden = true;
    }
    if (this.replay) URL.revokeObjectURL(this.replay);
    this.replay = "";
  }
}
