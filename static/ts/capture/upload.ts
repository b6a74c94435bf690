// Sends a film by tus while it is being recorded, and goes on after whatever comes between.
import { Upload, type DetailedError, type HttpRequest, type UploadOptions } from "tus-js-client";
import { LinkEnded, NotNeeded, ask, laterWords, meaning, wordsIn, type Answer } from "./answers";
import { FilmShorter, type Film } from "./film";
import { PART_TOO_LARGE, PartSize } from "./parts";
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
  readonly csrf: () => string;
  readonly maxPatch: number;
  /** Where an earlier visit to the page began to send this film, or null. */
  readonly address: string | null;
}

export interface UploadListener {
  /** Where the server keeps what it has of the film; null when that has gone. */
  located(address: string | null): void;
  sent(bytes: number): void;
  offline(): void;
  /** The server takes nothing for now, for the reason that it tells. */
  waiting(words: string): void;
}

// Nothing moved for so long: the connection is dead.
const HANGING_MS = 30_000;
// Answers after which the same film may go on: a wrong offset, a locked or a damaged part.
const PASSING = new Set([409, 423, 460]);
const GONE = new Set([404, 410]);
const UNSURE = new Set([408, 413, 425, 429]);

/** Nobody knows how far the film is: it may still be there. */
class NotTold extends Error {}

export class FilmUpload {
  private readonly upload: Upload;
  private readonly patience = new Patience();
  private readonly parts: PartSize;
  private stopped = false;
  private settle!: { resolve: (id: string) => void; reject: (error: Error) => void };
  /**
   * The upload's id on the server, once every byte of the film is there.
   * Rejects with UploadRefused, NotNeeded, LinkEnded or FilmShorter.
   */
  arrived!: Promise<string>;

  constructor(
    private readonly film: Film,
    destination: Destination,
    private readonly listener: UploadListener,
  ) {
    this.upload = new Upload(film as never, this.options(destination));
    this.parts = new PartSize(this.upload, destination.maxPatch);
    this.upload.url = destination.address;
    this.goOn();
  }

  /** Tries once more after a refusal; `arrived` is a new promise. */
  goOn(): void {
    this.arrived = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // A refusal during the take is heard when the take is over.
    this.arrived.catch(() => undefined);
    this.upload.start();
  }

  /** The server lacks the film as it was recorded: all of it is sent once more. */
  sendAgain(): void {
    this.leaveAddress();
    this.goOn();
  }

  /** Sends nothing more. */
  stop(): void {
    this.stopped = true;
    void this.upload.abort();
  }

  private options(to: Destination): UploadOptions {
    return {
      endpoint: to.endpoint,
      metadata: { session: to.session, task: to.task, mime: to.mime },
      uploadLengthDeferred: !(this.film.isFinished && to.address === null),
      storeFingerprintForResuming: false,
      retryDelays: null,
      fileReader: { openFile: async () => this.source() },
      onBeforeRequest: (request) => {
        if (this.stopped) throw new Error("nothing more is sent");
        request.setHeader("X-CSRFToken", to.csrf());
        noticeHanging(request);
      },
      onAfterResponse: (request, response) => {
        const status = response.getStatus();
        const isUnsure = status >= 500 || UNSURE.has(status);
        if (request.getMethod() === "HEAD" && isUnsure) throw new NotTold();
      },
      onUploadUrlAvailable: () => this.listener.located(this.upload.url),
      onChunkComplete: (_part, accepted) => {
        this.patience.reset();
        this.parts.arrived();
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
    if (this.stopped) return;
    const final = this.understand(error);
    if (final) return this.settle.reject(final);
    await this.patience.wait();
    if (!this.stopped) this.upload.start();
  }

  /** The error after which nothing more is tried; null when it is worth waiting. */
  private understand(error: Error | DetailedError): Error | null {
    const cause = "causingError" in error ? error.causingError : null;
    if (cause instanceof FilmShorter) return cause;
    const response = "originalResponse" in error ? error.originalResponse : null;
    const status = cause instanceof NotTold ? 503 : (response?.getStatus() ?? 0);
    const body = response?.getBody() ?? "";
    if (status < 400) this.lostNetwork();
    else if (GONE.has(status) && this.upload.url !== null) this.leaveAddress();
    else if (!PASSING.has(status)) return this.refusal(status, body);
    return null;
  }

  private refusal(status: number, body: string): Error | null {
    const words = wordsIn(body)!;
    switch (meaning(status, body)) {
      case "ended":
        return new LinkEnded(words);
      case "needless":
        return new NotNeeded(words);
      case "refused":
        return new UploadRefused(words);
      case "later":
        if (status === PART_TOO_LARGE) this.parts.tooLarge();
        this.listener.waiting(laterWords(status, body));
        return null;
    }
  }

  private leaveAddress(): void {
    this.upload.url = null;
    this.listener.located(null);
  }

  private lostNetwork(): void {
    this.parts.lost();
    this.listener.offline();
  }
}

const removals = new Set<Promise<void>>();

/** Has the server delete what it has of a film that nobody wants. Resolves once it has answered. */
export function removeUpload(address: string, csrf: () => string): Promise<void> {
  const removal = removed(address, csrf).finally(() => removals.delete(removal));
  removals.add(removal);
  return removal;
}

/** Resolves once the server has answered to every removal: it keeps what it was not told of.
 * `waits` is called when that takes a while. */
export async function allRemoved(waits: () => void): Promise<void> {
  const patience = setTimeout(waits, HANGING_MS / 10);
  while (removals.size > 0) await Promise.all(removals);
  clearTimeout(patience);
}

async function removed(address: string, csrf: () => string): Promise<void> {
  const patience = new Patience();
  for (;;) {
    const headers = { "Tus-Resumable": "1.0.0", "X-CSRFToken": csrf() };
    const request = { method: "DELETE", headers, keepalive: true };
    const answer = await ask(address, request, HANGING_MS);
    if (answer && isRemoved(answer)) return;
    await patience.wait();
  }
}

function isRemoved({ status, body }: Answer): boolean {
  return status === 204 || GONE.has(status) || (status >= 400 && meaning(status, body) !== "later");
}

/** Lets a request fail when nothing has moved for a while. */
export function noticeHanging(request: HttpRequest): void {
  const xhr = request.getUnderlyingObject() as XMLHttpRequest;
  const since = performance.now();
  const extend = () => {
    xhr.timeout = performance.now() - since + HANGING_MS;
  };
  xhr.ontimeout = (event) => xhr.onerror?.(event);
  xhr.upload.addEventListener("progress", extend);
  extend();
}
