// How much of a film goes into one request: more while parts arrive, less when they do not.
import type { UploadOptions } from "tus-js-client";

// A part counts only when it has arrived whole: small parts get through a bad network.
const LARGEST = 1024 * 1024;
const SMALLEST = 64 * 1024;
export const PART_TOO_LARGE = 413;

/** Sizes the parts of an upload, in bytes, from its next request on. */
export class PartSize {
  private largest: number;

  constructor(
    private readonly upload: { readonly options: Pick<UploadOptions, "chunkSize"> },
    serverTakes: number,
  ) {
    this.largest = Math.min(serverTakes, LARGEST);
    upload.options.chunkSize = this.largest;
  }

  arrived(): void {
    this.scale(2);
  }

  lost(): void {
    this.scale(0.5);
  }

  /** What lies between lets no larger parts through. False when none is smaller than that one. */
  tooLarge(): boolean {
    if (this.size === Math.min(SMALLEST, this.largest)) return false;
    this.scale(0.5);
    this.largest = this.size;
    return true;
  }

  private get size(): number {
    return this.upload.options.chunkSize!;
  }

  private scale(factor: number): void {
    const size = Math.max(this.size * factor, SMALLEST);
    this.upload.options.chunkSize = Math.min(size, this.largest);
  }
}
