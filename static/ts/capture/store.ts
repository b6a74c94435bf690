// The films of this device that the clinic has not received yet, encrypted in IndexedDB.
//
// A take is a note and one sealed chunk for each second. The note tells in the open only what
// names no person: random ids, the task, when it began, where it is sent. Cue times and capture
// facts are sealed like the film.
import { LocalCopy } from "./copy";
import { makeKey, seal, unseal, type Sealed } from "./seal";
import type { Cue } from "./timeline";

const NAME = "mimia-takes";
const KEEP_DAYS = 30;
const OPEN_MS = 5000; // some browsers never answer

/** What is told with a film when it is handed in. */
export interface TakeFacts {
  readonly cues: readonly Cue[];
  readonly capture: Readonly<Record<string, unknown>>;
  /** The film is only a part of its take. */
  readonly partial: boolean;
}

export interface NewTake {
  /** A random UUID. */
  readonly id: string;
  readonly session: string;
  readonly task: string;
  readonly mime: string;
  /** ISO time. */
  readonly started: string;
}

interface Note extends NewTake {
  /** Where the server keeps what it has of the film; null while that is not known. */
  readonly address: string | null;
  readonly state: "recording" | "complete" | "unwanted";
  readonly facts: Sealed | null;
}

interface Chunk extends Sealed {
  readonly take: string;
  readonly index: number;
  /** Seconds since the recording began. */
  readonly at: number;
}

/** A film that an earlier visit left behind. */
export interface LeftTake extends NewTake {
  readonly address: string | null;
  /** Only its removal from the server is left to do. */
  readonly unwanted: boolean;
  readonly chunks: readonly Blob[];
  /** How long the recording had run when the last chunk was kept. */
  readonly seconds: number;
  /** null: the recording was cut off. */
  readonly facts: TakeFacts | null;
}

export class TakeStore {
  private constructor(
    private readonly database: IDBDatabase,
    private readonly key: CryptoKey,
  ) {}

  /** null: this browser keeps nothing (a private window, a full or broken store). */
  static async open(): Promise<TakeStore | null> {
    try {
      const store = await inTime(TakeStore.opened(), OPEN_MS);
      askToPersist();
      return store;
    } catch {
      return null;
    }
  }

  private static async opened(): Promise<TakeStore> {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const { result } = request;
      result.createObjectStore("keys");
      result.createObjectStore("takes", { keyPath: "id" }).createIndex("session", "session");
      result.createObjectStore("chunks", { keyPath: ["take", "index"] });
    };
    const database = await answer(request);
    database.onversionchange = () => database.close();
    return new TakeStore(database, await theKey(database));
  }

  /** The copy of a take that begins now. */
  begin(take: NewTake): LocalCopy {
    const copy = new LocalCopy(this, take.id);
    copy.begin(take);
    return copy;
  }

  copyOf(left: LeftTake): LocalCopy {
    return new LocalCopy(this, left.id);
  }

  /** What is left of a session's takes, the oldest first. */
  async left(session: string): Promise<LeftTake[]> {
    const takes = this.database.transaction("takes").objectStore("takes");
    const notes = (await answer(takes.index("session").getAll(session))) as Note[];
    notes.sort((a, b) => a.started.localeCompare(b.started));
    return Promise.all(notes.map((note) => this.read(note)));
  }

  async purge(session: string): Promise<void> {
    await this.purgeIf((note) => note.session === session);
  }

  /** Deletes what has lain here for more than 30 days. */
  async purgeOld(): Promise<void> {
    const oldest = new Date(Date.now() - KEEP_DAYS * 24 * 3600 * 1000).toISOString();
    await this.purgeIf((note) => note.started < oldest);
  }

  async forget(id: string): Promise<void> {
    await this.change(({ takes, chunks }) => {
      takes.delete(id);
      chunks.delete(chunksOf(id));
    });
  }

  async addNote(take: NewTake): Promise<void> {
    const note: Note = { ...take, address: null, state: "recording", facts: null };
    await this.change(({ takes }) => takes.add(note));
  }

  async addChunk(take: string, index: number, at: number, film: Blob): Promise<void> {
    const sealed = await seal(this.key, await film.arrayBuffer(), `${take}/${index}`);
    const chunk: Chunk = { take, index, at, ...sealed };
    await this.change(async ({ takes, chunks }) => {
      if ((await answer(takes.count(take))) === 1) chunks.add(chunk);
    });
  }

  async locate(id: string, address: string | null): Promise<void> {
    await this.amend(id, { address });
  }

  async complete(id: string, facts: TakeFacts): Promise<void> {
    const text = new TextEncoder().encode(JSON.stringify(facts));
    await this.amend(id, { state: "complete", facts: await seal(this.key, text, id) });
  }

  /** Deletes the film, and remembers that the server's part must go too. */
  async unwant(id: string): Promise<void> {
    await this.change(({ chunks }) => chunks.delete(chunksOf(id)));
    await this.amend(id, { state: "unwanted", facts: null });
  }

  private async amend(id: string, news: Partial<Note>): Promise<void> {
    await this.change(async ({ takes }) => {
      const note = (await answer(takes.get(id))) as Note | undefined;
      if (note) takes.put({ ...note, ...news });
    });
  }

  private async read(note: Note): Promise<LeftTake> {
    const kept = this.database.transaction("chunks").objectStore("chunks");
    const chunks = (await answer(kept.getAll(chunksOf(note.id)))) as Chunk[];
    const film: Blob[] = [];
    let seconds = 0;
    for (const chunk of chunks) {
      const bytes = await unseal(this.key, chunk, `${note.id}/${film.length}`).catch(() => null);
      if (bytes === null) break;
      film.push(new Blob([bytes]));
      seconds = chunk.at;
    }
    const { id, session, task, mime, started, address } = note;
    const facts = film.length === chunks.length ? await this.factsOf(note) : null;
    const unwanted = note.state === "unwanted";
    return { id, session, task, mime, started, address, unwanted, chunks: film, seconds, facts };
  }

  private async factsOf({ id, facts }: Note): Promise<TakeFacts | null> {
    if (facts === null) return null;
    const text = await unseal(this.key, facts, id).catch(() => null);
    return text && (JSON.parse(new TextDecoder().decode(text)) as TakeFacts);
  }

  private async purgeIf(matches: (note: Note) => boolean): Promise<void> {
    const takes = this.database.transaction("takes").objectStore("takes");
    const notes = (await answer(takes.getAll())) as Note[];
    for (const { id } of notes.filter(matches)) await this.forget(id);
  }

  /** One change, safe on the disk when this resolves. */
  private async change(work: (stores: Stores) => unknown): Promise<void> {
    // A dead battery must not cost more than the last second.
    const options = { durability: "strict" } as const;
    const change = this.database.transaction(["takes", "chunks"], "readwrite", options);
    const saved = finished(change);
    const stores = { takes: change.objectStore("takes"), chunks: change.objectStore("chunks") };
    await Promise.all([work(stores), saved]);
  }
}

interface Stores {
  readonly takes: IDBObjectStore;
  readonly chunks: IDBObjectStore;
}

/** Made once; where two tabs make one at the same time, the first stays. */
async function theKey(database: IDBDatabase): Promise<CryptoKey> {
  const read = () => answer(database.transaction("keys").objectStore("keys").get("films"));
  const known = (await read()) as CryptoKey | undefined;
  if (known) return known;
  const made = await makeKey();
  const keys = database.transaction("keys", "readwrite").objectStore("keys");
  await answer(keys.add(made, "films")).catch((error: DOMException) => {
    if (error.name !== "ConstraintError") throw error;
  });
  return (await read()) as CryptoKey;
}

function chunksOf(take: string): IDBKeyRange {
  return IDBKeyRange.bound([take, 0], [take, Infinity]);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event) => {
      event.preventDefault();
      reject(request.error!);
    };
  });
}

function finished(change: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onabort = () => reject(change.error!);
  });
}

async function inTime<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the store does not answer")), patienceMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Asks the browser not to clear the films away. Firefox would put the question to the person. */
function askToPersist(): void {
  if (navigator.userAgent.includes("Firefox")) return;
  void navigator.storage?.persist?.().catch(() => false);
}
