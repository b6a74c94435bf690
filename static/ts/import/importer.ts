// Sends the clips one after the other, and finishes the sessions that they make up.
import { ask, Refused } from "./ask";
import { obstacle } from "./checks";
import { byAge, isSettled, LEFT_OUT, sittingOf, type Clip, type Stage } from "./clip";
import { parseCues } from "./cues";
import { digestOf } from "./digest";
import { filmMime } from "./formats";
import { send, type Sent } from "./send";
import type { Setup } from "./setup";

/** A session that clips went into; it is `finished` once none of its clips has failed. */
export interface Sitting {
  readonly id: string;
  readonly href: string;
  readonly title: string;
  finished: boolean;
}

interface Known {
  readonly words: string;
  readonly href: string;
}

const UNREADABLE = "The file cannot be read any more. Choose it again, then import it.";

export class Importer {
  readonly sittings: Sitting[] = [];
  running = false;
  /** Where the clips of a day and state go, by task. */
  private readonly open = new Map<string, Map<string, Sitting>>();
  private readonly digests = new Map<string, Clip>();

  constructor(
    private readonly setup: Setup,
    private readonly changed: (clip: Clip | null) => void,
  ) {}

  /**
   * Sends what can be sent and has not been, the older file first, since the later film of a task
   * counts; those of sitting still last, so that they join the session that the others have begun.
   * Never rejects: each clip's stage tells its end.
   */
  async run(clips: readonly Clip[]): Promise<void> {
    this.running = true;
    this.changed(null);
    const inTurn = (a: Clip, b: Clip) => this.rank(a) - this.rank(b) || byAge(a.file, b.file);
    for (const clip of [...clips].sort(inTurn)) {
      if (isSettled(clip) || obstacle(clip, this.setup) !== "") continue;
      const newer = clips.find((other) => isNewer(other, clip) && other.stage.kind === "received");
      if (newer) this.tell(clip, this.overtaken(clip, newer));
      else await this.settle(clip);
    }
    const unfinished = new Set(clips.filter((clip) => this.isMissing(clip)).map(sittingOf));
    await this.finish((key) => !unfinished.has(key));
    this.running = false;
    this.changed(null);
  }

  /** Finishes the sessions whose clips have not all arrived. */
  async finishWithout(): Promise<void> {
    await this.finish(() => true);
    this.changed(null);
  }

  private rank({ task: code }: Clip): number {
    return this.setup.tasks.find((task) => task.code === code)?.kind === "rest" ? 1 : 0;
  }

  private isMissing(clip: Clip): boolean {
    return clip.task !== LEFT_OUT && !["received", "known"].includes(clip.stage.kind);
  }

  private overtaken(clip: Clip, newer: Clip): Stage {
    const words = `Not sent: ${newer.file.name}, a newer clip of this task, is here and counts.`;
    return { kind: "known", words, href: this.openFor(clip)?.href ?? "" };
  }

  private async settle(clip: Clip): Promise<void> {
    try {
      this.tell(clip, await this.deliver(clip));
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      this.tell(clip, {
        kind: "failed",
        words: error instanceof Refused ? error.message : UNREADABLE,
      });
    }
  }

  private async deliver(clip: Clip): Promise<Stage> {
    const sha256 = await digestOf(clip.file, (bytes) =>
      this.tell(clip, { kind: "reading", percent: percent(bytes, clip) }),
    );
    const listed = this.digests.get(sha256);
    if (listed && listed !== clip && listed.stage.kind !== "failed") {
      return { kind: "known", words: `The same film as ${listed.file.name} in this list.`, href: "" };
    }
    this.digests.set(sha256, clip);
    const { known } = await this.ask<{ known: Known | null }>(this.setup.known, { sha256 }, clip);
    if (known) return { kind: "known", ...known };
    const sitting = await this.sittingFor(clip);
    const sent = await this.send(clip, sitting);
    const twin = await this.handIn(clip, sitting, sent, sha256);
    return twin ? { kind: "known", ...twin } : { kind: "received" };
  }

  private async sittingFor(clip: Clip): Promise<Sitting> {
    const before = this.openFor(clip);
    if (before) return before;
    const { date, state: medication, task } = clip;
    const answer = await this.ask<Sitting>(this.setup.sitting, { date, medication, task }, clip);
    const sitting = this.listed({ ...answer, finished: false });
    const group = sittingOf(clip);
    this.open.set(group, (this.open.get(group) ?? new Map()).set(task, sitting));
    return sitting;
  }

  private openFor(clip: Clip): Sitting | undefined {
    return this.open.get(sittingOf(clip))?.get(clip.task);
  }

  /** Each session once, also where it is opened again. */
  private listed(sitting: Sitting): Sitting {
    const before = this.sittings.find(({ id }) => id === sitting.id);
    if (!before) this.sittings.push(sitting);
    else before.finished = false;
    return before ?? sitting;
  }

  private send(clip: Clip, sitting: Sitting): Promise<Sent> {
    const to = { session: sitting.id, task: clip.task, mime: filmMime(clip.file)! };
    this.tell(clip, { kind: "sending", percent: 0 });
    return send(clip.file, to, this.setup, {
      sent: (bytes) => this.tell(clip, { kind: "sending", percent: percent(bytes, clip) }),
      waiting: (words) => this.tell(clip, { kind: "waiting", words }),
    });
  }

  /** The recording of the same film that the clinic has had meanwhile, if any. */
  private async handIn(
    clip: Clip,
    { id: session }: Sitting,
    sent: Sent,
    sha256: string,
  ): Promise<Known | null> {
    const film = { session, upload: sent.id, cues: parseCues(clip.cues), sha256 };
    try {
      return (await this.ask<{ known: Known | null }>(this.setup.film, film, clip)).known;
    } catch (error) {
      await sent.discard();
      throw error;
    }
  }

  private async finish(isDue: (key: string) => boolean): Promise<void> {
    for (const [group, byTask] of this.open) {
      if (!isDue(group)) continue;
      for (const sitting of new Set(byTask.values())) await this.end(sitting);
      for (const [task, { finished }] of byTask) if (finished) byTask.delete(task);
    }
  }

  private async end(sitting: Sitting): Promise<void> {
    try {
      await ask(this.setup.finish, this.setup.csrf, { session: sitting.id }, () => undefined);
      sitting.finished = true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // it stays open, as the page then says
    }
  }

  private ask<T>(address: string, body: object, clip: Clip): Promise<T> {
    return ask<T>(address, this.setup.csrf, body, (words) =>
      this.tell(clip, { kind: "waiting", words }),
    );
  }

  private tell(clip: Clip, stage: Stage): void {
    clip.stage = stage;
    this.changed(clip);
  }
}

function isNewer(a: Clip, b: Clip): boolean {
  return a.task === b.task && sittingOf(a) === sittingOf(b) && byAge(a.file, b.file) > 0;
}

function percent(bytes: number, clip: Clip): number {
  return Math.floor((100 * bytes) / clip.file.size);
}
