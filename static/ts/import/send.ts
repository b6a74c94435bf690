// Sends a file by tus, part by part, and goes on after a lost network where it stopped.
import { Upload, type DetailedError } from "tus-js-client";
import { wordsIn } from "../capture/answers";
import { PART_TOO_LARGE, PartSize } from "../capture/parts";
import { Patience } from "../capture/patience";
import { noticeHanging } from "../capture/upload";
import { NO_CONNECTION, Refused, SIGNED_OUT } from "./ask";
import type { Setup } from "./setup";

export interface SendListener {
  sent(bytes: number): void;
  waiting(words: string): void;
}

export interface Sent {
  /** The upload's id on the server. */
  readonly id: string;
  /** Has the server delete it: it did not become a recording. */
  discard(): Promise<void>;
}

// Answers after which the same upload may go on: a lost or broken part, a busy server.
const PASSING = new Set([0, 409, 423, 460]);
const GONE = 410;
const ENDED = new Set([403, 404]);
// The server's own words are for the person who films: these are for staff.
const WAITING: Readonly<Record<number, string>> = {
  503: "The server is busy. It goes on by itself.",
  507: "The server's disk is full. It goes on by itself when there is room: tell who runs the site.",
};
const NO_PART_GETS_THROUGH =
  "A proxy before the clinic's server lets not even small parts of the clip through. " +
  "Ask who runs the site to raise its limit (nginx: client_max_body_size), then try again.";
const REFUSALS: Readonly<Record<number, string>> = {
  403:
    "The patient has not agreed to be recorded, or does not any more. " +
    "See the patient's Consents page.",
  413: "The clip is larger than the server takes. Cut out the part with the task, or leave it out.",
  415: "The server takes no files of this kind. Export the clip as MP4, or leave it out.",
  422: "This session is finished. Load this page again, then import the clip.",
  429: "The session holds as many clips as it can. Finish it, then import the rest.",
};

/** Resolves when every byte is on the server. Raises Refused. */
export function send(
  file: File,
  to: { readonly session: string; readonly task: string; readonly mime: string },
  setup: Setup,
  listener: SendListener,
): Promise<Sent> {
  const patience = new Patience();
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: setup.uploads,
      metadata: { ...to },
      storeFingerprintForResuming: false, // it would keep the file's name in the browser
      retryDelays: null,
      onBeforeRequest: (request) => {
        request.setHeader("X-CSRFToken", setup.csrf());
        noticeHanging(request);
      },
      onChunkComplete: (_part, accepted) => {
        patience.reset();
        parts.arrived();
        listener.sent(accepted);
      },
      onSuccess: () => resolve(sent(upload)),
      onError: (error) => void failed(error),
    });
    const parts = new PartSize(upload, setup.maxPatch);
    const failed = async (error: Error | DetailedError) => {
      const answer = "originalResponse" in error ? error.originalResponse : null;
      const status = answer?.getStatus() ?? 0;
      const isOurs = wordsIn(answer?.getBody() ?? "") !== null;
      if (status === 0) parts.lost();
      const fitsSmaller = status === PART_TOO_LARGE && !isOurs && parts.tooLarge();
      if (isFinal(status) && !fitsSmaller) {
        await upload.abort(true).catch(() => undefined);
        reject(new Refused(refusal(status, isOurs)));
        return;
      }
      if (status === GONE) upload.url = null; // the file is at hand: a new upload begins
      if (!fitsSmaller) listener.waiting((isOurs ? WAITING[status] : undefined) ?? NO_CONNECTION);
      await patience.wait();
      upload.start();
    };
    upload.start();
  });
}

function sent(upload: Upload): Sent {
  return {
    id: upload.url!.split("/").pop()!,
    discard: () => upload.abort(true).catch(() => undefined),
  };
}

function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== GONE && !PASSING.has(status);
}

function refusal(status: number, isOurs: boolean): string {
  if (ENDED.has(status) && !isOurs) return SIGNED_OUT;
  if (status === PART_TOO_LARGE && !isOurs) return NO_PART_GETS_THROUGH;
  return (
    REFUSALS[status] ??
    `The clinic's server did not take the clip (${status}). Try it again, or ask who runs the site.`
  );
}
