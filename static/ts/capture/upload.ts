// Sends a film by tus while it is being recorded, and goes on after a lost network.
import { Upload, type DetailedError, type UploadOptions } from "tus-js-client";
import type { Film } from "./film";
import { Patience } from "./patience";

/** The server does not take the film; the message is for the person. */
export class UploadRefused extends Error {
  override readonly name = "UploadRefused";
}

export interface Destination {
  readonly endpoint: string;
  readonly session: string;
  readonly task: string;
  readonly mime: string;
  readonly csrf: string;
  readonly maxPatch: number;
}

export interface UploadListener {
  sent(bytes: number): void;
  offline(): void;
}

const LINK_ENDED =
  "Your link has ended or was closed. Please ask your clinic for a new one, and film again.";
// Answers after which the same film may go on: a lost or broken part, a busy server.
const PASSING = new Set([0, 409, 423, 460]);

export class FilmUpload {
  private readonly upload: Upload;
  private readonly patience = new Patience();
  private cancelled = false;
  /** The upload's id on the server, once every byte of the film is there. */
  readonly arrived: Promise<string>;
  private settle!: { resolve: (id: string) => void; reject: (error: Error) => void };

  constructor(
    private readonly film: Film,
    destination: Destination,
    private readonly listener: UploadListener,
  ) {
    this.arrived = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // A refusal during the take is heard when the take is over.
    this.arrived.catch(() => undefined);
    this.upload = new Upload(film as never, this.options(destination));
    this.upload.start();
  }

  /** Gives up on the film and has the server delete what it has. */
  async cancel(): Promise<void> {
    this.cancelled = true;
    await this.upload.abort(true).catch(() => undefined); // the reaper deletes what stays behind
  }

  private options(to: Destination): UploadOptions {
    return {
      endpoint: to.endpoint,
      metadata: { session: to.session, task: to.task, mime: to.mime },
      headers: { "X-CSRFToken": to.csrf },
      chunkSize: to.maxPatch,
      uploadLengthDeferred: true,
      storeFingerprintForResuming: false,
      retryDelays: null,
      fileReader: { openFile: async () => this.source() },
      onChunkComplete: (_part, accepted) => {
        this.patience.reset();
        this.listener.sent(accepted);
      },
      onSuccess: () => this.settle.resolve(this.id()),
      onError: (error) => void this.failed(error),
    };
  }

  private source() {
    const { film } = this;
    return {
      get size() {
        return film.size;
      },
      slice: (start: number, end: number) => film.slice(start, end),
      close: () => undefined,
    };
  }

  private id(): string {
    return this.upload.url!.split("/").pop()!;
  }

  private async failed(error: Error | DetailedError): Promise<void> {
    const response = "originalResponse" in error ? error.originalResponse : null;
    const status = response?.getStatus() ?? 0;
    if (status >= 400 && status < 500 && !PASSING.has(status)) {
      this.settle.reject(new UploadRefused(refusalWords(status, response?.getBody() ?? "")));
      return;
    }
    this.listener.offline();
    await this.patience.wait();
    if (!this.cancelled) this.upload.start();
  }
}

function refusalWords(status: number, body: string): string {
  if (status === 404) return LINK_ENDED;
  // Our own refusals are one plain sentence; anything else is a page of some proxy.
  const isSentence = body.length > 0 && body.length < 300 && !body.includes("<");
  return isSentence ? body : `The clinic's server refused the film (${status}). Please call your clinic.`;
}
