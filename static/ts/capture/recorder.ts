// One take from the camera: a MediaRecorder whose `start` event is the zero of stream time.
import { NoRecorder, RecorderFailed } from "./errors";
import { chooseMime } from "./mime";

const CHUNK_MS = 1000;
const BITS_PER_SECOND = 2_500_000;
// iOS may stop a hidden page's recorder without a `stop` event; a slow phone takes seconds to it.
const STOP_PATIENCE_MS = 8000;
const START_PATIENCE_MS = 8000;

export interface Started {
  /** performance.now() of the `start` event: the zero of stream time. */
  readonly zero: number;
  /** Milliseconds from the call of start() to its event. */
  readonly delay: number;
  readonly mime: string;
}

export class TakeRecorder {
  private readonly recorder: MediaRecorder;
  private readonly stopped: Promise<void>;
  private hasBegun = false;

  constructor(stream: MediaStream, onChunk: (chunk: Blob) => void) {
    const mimeType = chooseMime((type) => MediaRecorder.isTypeSupported(type), navigator.userAgent);
    if (mimeType === null) throw new NoRecorder();
    this.recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
    this.stopped = new Promise((resolve) => {
      this.recorder.addEventListener("stop", () => resolve());
    });
    this.recorder.addEventListener("dataavailable", ({ data }) => {
      if (data.size > 0) onChunk(data);
    });
  }

  /** Rejects with RecorderFailed where recording does not begin. */
  start(): Promise<Started> {
    const called = performance.now();
    return new Promise((resolve, reject) => {
      this.recorder.addEventListener("start", () => {
        const zero = performance.now();
        resolve({ zero, delay: zero - called, mime: this.recorder.mimeType });
      });
      this.onError(reject);
      setTimeout(() => reject(new RecorderFailed()), START_PATIENCE_MS);
      this.recorder.start(CHUNK_MS);
      this.hasBegun = true;
    });
  }

  onError(failed: (error: RecorderFailed) => void): void {
    this.recorder.addEventListener("error", () => failed(new RecorderFailed()));
  }

  /** Resolves once the last chunk has been handed over, also where the recorder ended by itself. */
  async stop(): Promise<void> {
    if (!this.hasBegun) return;
    if (this.recorder.state !== "inactive") this.recorder.stop();
    const late = new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE_MS));
    await Promise.race([this.stopped, late]);
  }
}
