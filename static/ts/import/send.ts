// Sends a file by tus, part by part, and goes on after a lost network where it stopped.
import { Upload, type DetailedError } from "tus-js-client";
import { Patience } from "../capture/patience";
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
      headers: { "X-CSRFToken": setup.csrf },
      chunkSize: setup.maxPatch,
      storeFingerprintForResuming: false, // it would keep the file's name in the browser
      retryDelays: null,
      onChunkComplete: (_part, accepted) => {
        patience.reset();
        listener.sent(accepted);
      },
      onSuccess: () => resolve(sent(upload)),
      onError: (error) => void failed(error),
    });
    const failed = async (error: Error | DetailedError) => {
      const answer = "originalResponse" in error ? error.originalResponse : null;
      const status = answer?.getStatus() ?? 0;
      const words = sentence(answer?.getBody() ?? "");
      if (status >= 400 && status < 500 && status !== GONE && !PASSING.has(status)) {
        await upload.abort(true).catch(() => undefined);
        reject(new Refused(words ?? refusal(status)));
        return;
      }
      if (status === GONE) upload.url = null; // the file is at hand: a new upload begins
      listener.waiting((status >= 500 ? words : null) ?? NO_CONNECTION);
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

/** Our own refusals are one plain sentence; anything else is a page of some proxy. */
function sentence(body: string): string | null {
  return body.length > 0 && body.length < 300 && !body.includes("<") ? body : null;
}

function refusal(status: number): string {
  if (status === 403 || status === 404) return SIGNED_OUT;
  return `The clinic's server did not take the clip (${status}). Try it again, or ask who runs the site.`;
}
