// One take's copy on this device: written in order, and switched off at the first failure, since
// keeping a copy must never disturb the take itself.
import type { NewTake, TakeFacts, TakeStore } from "./store";

const WRITE_MS = 5000; // some browsers never answer
const SLOW_MS = 2000;

export class LocalCopy {
  private writes: Promise<void> = Promise.resolve();
  private pending = 0;
  private moved = -Infinity; // when writing last went on
  private chunks = 0;
  private readonly since = performance.now();
  /** The name of what made writing fail; null while all is kept. */
  fault: string | null = null;

  constructor(
    private readonly store: TakeStore,
    private readonly take: string,
  ) {}

  begin(take: NewTake): void {
    this.write(() => this.store.addNote(take));
  }

  add(film: Blob): void {
    const index = this.chunks;
    const at = (performance.now() - this.since) / 1000;
    this.chunks += 1;
    this.write(() => this.store.addChunk(this.take, index, at, film));
  }

  locate(address: string | null): void {
    this.write(() => this.store.locate(this.take, address));
  }

  complete(facts: TakeFacts): void {
    this.write(() => this.store.complete(this.take, facts));
  }

  /** The clinic did not take the film: it stays, but stands for no other. */
  refuse(): void {
    this.write(() => this.store.refuse(this.take));
  }

  /** Deletes the film here; the note stays until the server's part has gone too. */
  unwant(): void {
    this.queue(() => this.store.unwant(this.take));
  }

  forget(): void {
    this.queue(() => this.store.forget(this.take));
  }

  /** Whether all of the take lies on this device. */
  async isSafe(): Promise<boolean> {
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), WRITE_MS));
    return Promise.race([this.writes.then(() => this.fault === null), late]);
  }

  /** As far as is known now: nothing has failed, and nothing has waited for long. */
  get seemsSafe(): boolean {
    const isQuick = this.pending === 0 || performance.now() - this.moved < SLOW_MS;
    return this.fault === null && isQuick;
  }

  private write(work: () => Promise<void>): void {
    this.queue(async () => {
      if (this.fault === null) await work();
    });
  }

  private queue(work: () => Promise<void>): void {
    if (this.pending === 0 && this.moved > 0) this.moved = performance.now();
    this.pending += 1;
    this.writes = this.writes
      .then(work)
      .catch((error: Error | null) => {
        this.fault ??= error?.name ?? "UnknownError";
      })
      .then(() => {
        this.pending -= 1;
        this.moved = performance.now();
      });
  }
}
