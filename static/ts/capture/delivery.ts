// A take on its way to the clinic: uploaded while recorded, then submitted; ends with a receipt.
import { Film } from "./film";
import { sha256 } from "./hash";
import type { Setup, Task } from "./setup";
import { SubmitRefused, submitTake, type Receipt } from "./submit";
import type { Cue } from "./timeline";
import { FilmUpload, UploadRefused } from "./upload";

export type DeliveryState =
  | { readonly kind: "sending"; readonly percent: number }
  | { readonly kind: "offline" }
  | { readonly kind: "received"; readonly receipt: Receipt }
  | { readonly kind: "refused"; readonly words: string };

export class Delivery {
  readonly film = new Film();
  state: DeliveryState = { kind: "sending", percent: 0 };
  private upload: FilmUpload | null = null;
  private readonly unwanted = new AbortController();
  private mime = "";

  constructor(
    readonly task: Task,
    private readonly setup: Setup,
    private readonly changed: () => void,
  ) {}

  /** The recorder has started: sending begins. */
  begin(mime: string): void {
    this.mime = mime;
    this.upload = new FilmUpload(
      this.film,
      {
        endpoint: this.setup.uploads,
        session: this.setup.session,
        task: this.task.code,
        mime,
        csrf: this.setup.csrf,
        maxPatch: this.setup.maxPatch,
      },
      { sent: (bytes) => this.tell(this.sending(bytes)), offline: () => this.tell({ kind: "offline" }) },
    );
  }

  /** The take is complete: sends what is left, then submits it. Never rejects: see `state`. */
  async complete(cues: readonly Cue[], capture: Readonly<Record<string, unknown>>): Promise<void> {
    this.film.finish();
    try {
      const digest = await sha256(this.film.blob());
      const upload = await this.upload!.arrived;
      const receipt = await submitTake(
        this.setup.submit,
        this.setup.csrf,
        { upload, task: this.task.code, cues, capture, sha256: digest },
        () => this.tell({ kind: "offline" }),
        this.unwanted.signal,
      );
      this.tell({ kind: "received", receipt });
    } catch (error) {
      if (this.cancelled) return;
      this.tell({ kind: "refused", words: refusal(error) });
    }
  }

  /** The take is not wanted: a new one is filmed, or it was broken off. */
  cancel(): void {
    this.unwanted.abort();
    void this.upload?.cancel();
  }

  get isSettled(): boolean {
    return this.cancelled || this.state.kind === "received" || this.state.kind === "refused";
  }

  /** The film as it was recorded, to look at again. */
  replay(): string {
    return URL.createObjectURL(this.film.blob(this.mime));
  }

  private get cancelled(): boolean {
    return this.unwanted.signal.aborted;
  }

  private sending(bytes: number): DeliveryState {
    return { kind: "sending", percent: Math.floor((100 * bytes) / this.film.size) };
  }

  private tell(state: DeliveryState): void {
    if (this.cancelled) return;
    this.state = state;
    this.changed();
  }
}

function refusal(error: unknown): string {
  if (error instanceof UploadRefused || error instanceof SubmitRefused) return error.message;
  console.error(error);
  return "Something went wrong with this film on your device. Please film it again.";
}
