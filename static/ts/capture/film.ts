// The bytes of a take while it grows: kept whole until the clinic has received them, and read in
// parts by the upload, from any place, so that an upload goes on wherever the network was lost.

// A part is sent every 2 s while recording: what a break can cost is small.
const PART_MS = 2000;

export interface Part {
  /** null when nothing is left to send. */
  readonly value: Blob | null;
  readonly done: boolean;
}

/** The server has more of the film than this device, where the film was cut off. */
export class FilmShorter extends Error {
  override readonly name = "FilmShorter";
}

export class Film {
  private chunks: Blob[] = [];
  private waiting: Array<() => void> = [];
  private lastPart = performance.now();
  /** No more chunks come. */
  isFinished = false;
  size = 0;

  /** False: the film was finished before, and its bytes stay as they are. */
  add(chunk: Blob): boolean {
    if (this.isFinished) return false;
    this.chunks.push(chunk);
    this.size += chunk.size;
    this.wake();
    return true;
  }

  /** No more chunks will come. */
  finish(): void {
    this.isFinished = true;
    this.wake();
  }

  /** Frees the memory of a film that the clinic has. */
  drop(): void {
    this.chunks = [];
  }

  blob(type = ""): Blob {
    return new Blob(this.chunks, { type });
  }

  /**
   * Bytes from `start`, at most to `end`; waits for as many as are worth sending.
   * Throws FilmShorter when the finished film ends before `start`.
   */
  async slice(start: number, end: number): Promise<Part> {
    while (!this.worthSending(start, end)) await this.change();
    if (start > this.size) throw new FilmShorter();
    this.lastPart = performance.now();
    const stop = Math.min(end, this.size);
    const value = stop > start ? this.blob().slice(start, stop) : null;
    return { value, done: this.isFinished && stop === this.size };
  }

  private worthSending(start: number, end: number): boolean {
    const due = performance.now() - this.lastPart >= PART_MS;
    return this.isFinished || this.size >= end || (due && this.size > start);
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
