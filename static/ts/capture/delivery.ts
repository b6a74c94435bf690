// A take on its way to the clinic: kept on this device and uploaded while recorded, then handed in.
// It ends with a receipt, which the clinic gives for exactly the bytes that were recorded.
import { LinkEnded, NotNeeded } from "./answers";
import type { LocalCopy } from "./copy";
import { Film, FilmShorter } from "./film";
import { randomId, sha256 } from "./hash";
import { Patience } from "./patience";
import type { Delivering, Task } from "./setup";
import type { LeftTake, TakeFacts, TakeStore } from "./store";
import { NotAsSent, SubmitRefused, submitTake, type Receipt } from "./submit";
import type { Cue } from "./timeline";
import { t } from "./translate";
import { FilmUpload, UploadRefused, removeUpload } from "./upload";

export type DeliveryState =
  | { readonly kind: "sending"; readonly percent: number }
  /** `isSafe`: this device has a copy, so that the page may be closed. */
  | { readonly kind: "offline"; readonly isSafe: boolean }
  /** The server takes nothing for now: it is still tried. `ended`: the link has, so that nothing
   * more should be filmed. */
  | {
      readonly kind: "waiting";
      readonly words: string;
      readonly isSafe: boolean;
      readonly ended?: true;
    }
  | { readonly kind: "received"; readonly receipt: Receipt }
  /** The link has ended: the film stays on this device until a new link is opened here. */
  | { readonly kind: "kept"; readonly words: string }
  /** `needless`: the clinic has a whole film of the task, so that none is needed here. */
  | { readonly kind: "refused"; readonly words: string; readonly needless?: true };

type Capture = Readonly<Record<string, unknown>>;

const SETTLED = new Set<DeliveryState["kind"]>(["received", "kept", "refused"]);
const MOST_SENDINGS = 3;

export class Delivery {
  state: DeliveryState = { kind: "sending", percent: 0 };
  /** The film is only a part of its take. */
  isPartial = false;
  private readonly film = new Film();
  private readonly unwanted = new AbortController();
  private readonly listener = {
    located: (address: string | null) => this.located(address),
    sent: (bytes: number) => this.tellSending(bytes),
    offline: () => this.tell({ kind: "offline", isSafe: this.isSafe }),
    waiting: (words: string) => this.tell({ kind: "waiting", words, isSafe: this.isSafe }),
  };
  private copy: LocalCopy | null = null;
  private upload: FilmUpload | null = null;
  private mime = "";
  private address: string | null = null;
  private bytesSent = 0;
  private digest: string | null = null;
  /** Seconds since the take began. */
  private ago = (): number => 0;

  constructor(
    readonly task: Task,
    private readonly setup: Delivering,
    private readonly changed: () => void,
    private readonly store: TakeStore | null,
  ) {}

  /** The recorder has started: keeping and sending begin. */
  begin(mime: string): void {
    this.open(mime);
    this.send();
  }

  /** A film that is there as a whole, of this SHA-256: no more of it will come. */
  beginWhole(mime: string, pieces: readonly Blob[], digest: string): void {
    this.digest = digest;
    this.open(mime);
    for (const piece of pieces) this.add(piece);
    this.film.finish();
    this.send();
  }

  private open(mime: string): void {
    this.mime = mime;
    this.ago = since(performance.now(), Date.now());
    const take = {
      id: randomId(),
      session: this.setup.session,
      task: this.task.code,
      mime,
      started: new Date().toISOString(),
    };
    this.copy = this.store?.begin(take) ?? null;
  }

  /** Takes up a film that an earlier visit to the page left on this device. */
  resume(left: LeftTake): void {
    this.mime = left.mime;
    this.address = left.address;
    this.ago = since(performance.now(), Date.parse(left.started));
    this.copy = this.store?.copyOf(left) ?? null;
    for (const chunk of left.chunks) this.film.add(chunk);
    this.send();
  }

  /** A second of the film. */
  add(chunk: Blob): void {
    if (this.film.add(chunk)) this.copy?.add(chunk);
  }

  /** The take is complete: sends what is left, then hands it in. Never rejects: see `state`. */
  async complete(cues: readonly Cue[], capture: Capture): Promise<void> {
    await this.deliver({ cues, capture, partial: false });
  }

  /** The take was cut short: what there is of it is handed in as a part. Never rejects. */
  async breakOff(cues: readonly Cue[], capture: Capture): Promise<void> {
    if (this.film.size === 0) this.cancel();
    else await this.deliver({ cues, capture, partial: true });
  }

  /** The take is not wanted, or a newer one counts: it is deleted here and there. */
  cancel(): void {
    if (this.cancelled || this.state.kind === "received") return;
    this.unwanted.abort();
    this.upload?.stop();
    void removeTake(this.copy, this.address, this.setup.csrf);
  }

  get isSettled(): boolean {
    return this.cancelled || SETTLED.has(this.state.kind);
  }

  /** Where the film can be looked at again: here, or at the clinic once that has it. */
  replay(): string {
    if (this.state.kind === "received") {
      return `/capture/${this.setup.session}/films/${this.state.receipt.recording}/`;
    }
    return URL.createObjectURL(this.film.blob(this.mime));
  }

  private get cancelled(): boolean {
    return this.unwanted.signal.aborted;
  }

  private send(): void {
    const { uploads: endpoint, session, csrf, maxPatch } = this.setup;
    const { mime, address } = this;
    const task = this.task.code;
    const destination = { endpoint, session, task, mime, csrf, maxPatch, address };
    this.upload = new FilmUpload(this.film, destination, this.listener);
  }

  private async deliver(facts: TakeFacts): Promise<void> {
    this.isPartial = facts.partial;
    const told = { ...facts, capture: { store: this.kept, ...facts.capture } };
    this.film.finish();
    this.copy?.complete(told);
    try {
      this.digest ??= await sha256(this.film.blob());
      const receipt = await this.handedIn(told, this.digest);
      this.copy?.forget();
      this.film.drop();
      this.tell({ kind: "received", receipt });
    } catch (error) {
      if (!this.cancelled) this.giveUp(failure(error));
    }
  }

  private giveUp(state: DeliveryState): void {
    this.upload?.stop();
    if (state.kind === "refused") this.copy?.refuse();
    this.tell(state);
  }

  /** The receipt, however long it takes. Throws what makes the film stay here. */
  private async handedIn(facts: TakeFacts, digest: string): Promise<Receipt> {
    const patience = new Patience();
    for (let sendings = 1; ; ) {
      try {
        return await this.submit(facts, digest);
      } catch (error) {
        if (this.cancelled) throw error;
        if (error instanceof NotAsSent && sendings < MOST_SENDINGS) {
          sendings += 1;
          this.upload!.sendAgain();
        } else if (error instanceof LinkEnded && !(await this.copy?.isSafe())) {
          // Only this page has the film: it goes once a new link is opened in this browser.
          this.tell({ kind: "waiting", words: error.message, isSafe: false, ended: true });
          await patience.wait();
          this.upload!.goOn();
        } else throw error;
      }
    }
  }

  private async submit(facts: TakeFacts, sha256: string): Promise<Receipt> {
    const upload = await this.upload!.arrived;
    const { submit: address, csrf } = this.setup;
    const submission = { upload, task: this.task.code, ...facts, sha256 };
    const { ago, listener, unwanted } = this;
    return submitTake(address, csrf, submission, ago, listener, unwanted.signal);
  }

  /** Whether this device keeps the film, or why not. */
  private get kept(): string {
    return this.copy === null ? "not available" : (this.copy.fault ?? "kept");
  }

  private get isSafe(): boolean {
    return this.copy?.seemsSafe ?? false;
  }

  private located(address: string | null): void {
    if (address !== this.address) this.copy?.locate(address);
    this.address = address;
    this.tellSending(address === null ? 0 : this.bytesSent);
  }

  private tellSending(bytes: number): void {
    this.bytesSent = bytes;
    const percent = this.film.size === 0 ? 0 : Math.floor((100 * bytes) / this.film.size);
    this.tell({ kind: "sending", percent });
  }

  private tell(state: DeliveryState): void {
    if (this.isSettled) return;
    this.state = state;
    this.changed();
  }
}

/** Deletes a take from this device and from the server, now or when the page is opened again. */
export async function removeTake(
  copy: LocalCopy | null,
  address: string | null,
  csrf: () => string,
): Promise<void> {
  copy?.unwant();
  if (address !== null) await removeUpload(address, csrf);
  copy?.forget();
}

/** Tells the seconds since a moment of the page's clock and of the device's, whichever says more:
 * the page's may stand still while the device sleeps. */
function since(page: number, device: number): () => number {
  return () => Math.max(performance.now() - page, Date.now() - device) / 1000;
}

function failure(error: unknown): DeliveryState {
  if (error instanceof LinkEnded) return { kind: "kept", words: error.message };
  if (error instanceof NotNeeded) return { kind: "refused", words: error.message, needless: true };
  if (error instanceof FilmShorter) return { kind: "refused", words: cutOff() };
  const isTold = [UploadRefused, SubmitRefused, NotAsSent].some((kind) => error instanceof kind);
  if (isTold) return { kind: "refused", words: (error as Error).message };
  console.error(error);
  return {
    kind: "refused",
    words: t("Something went wrong with this film on your device. Please film it again."),
  };
}

function cutOff(): string {
  return t("This film was cut off. Your clinic has what came of it. You can film it again.");
}
