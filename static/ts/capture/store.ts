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
const OPEN_MS = 10_000; // a slow device takes its time, and some browsers never answer
// How a closed connection shows: browsers close them under pressure, or when the store is cleared.
const CLOSED = new Set(["InvalidStateError", "AbortError", "UnknownError"]);

/** What is told with a film when it is handed in. */
export interface TakeFacts {
  readonly cues: readonly Cue[];
  readonly capture: Readonly<Record<string, unknown>>;
  /** The film is only a part of its take. */
  readonly partial: boolean;
}

export interface NewTake {
  /** Random. */
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
  /** The clinic did not take it. */
  readonly refused?: boolean;
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
  /** The clinic did not take it when it was sent. */
  readonly refused: boolean;
  readonly chunks: readonly Blob[];
  /** How long the recording had run when the last chunk was kept. */
  readonly seconds: number;
  /** null: the recording was cut off. */
  readonly facts: TakeFacts | null;
}

export class TakeStore {
  private constructor(private connection: Promise<Connection>) {}

  /** null: this browser keeps nothing (a private window, a full or broken store). */
  static async open(): Promise<TakeStore | null> {
    try {
      const connection = connect();
      await connection;
      askToPersist();
      return new TakeStore(connection);
    } catch {
      return null;
    }
  }

  /** As `purgeOld`, on a page that keeps no films itself. Never rejects. */
  static async purge(session: string | null): Promise<void> {
    try {
      const connection = connect();
      await new TakeStore(connection).purgeOld(session);
      (await connection).database.close();
    } catch (error) {
      console.error(error);
    }
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

  /** What is left of a session's takes, the oldest first; without those that cannot be read. */
  async left(session: string): Promise<LeftTake[]> {
    const notes = await this.notes(session);
    notes.sort((a, b) => a.started.localeCompare(b.started));
    const takes: LeftTake[] = [];
    for (const note of notes) {
      await this.read(note).then((take) => takes.push(take), console.error);
    }
    return takes;
  }

  /** Deletes what was left here more than 30 days ago, but for the session whose films can still
   * be sent; null: there is none. */
  async purgeOld(session: string | null): Promise<void> {
    const oldest = new Date(Date.now() - KEEP_DAYS * 24 * 3600 * 1000).toISOString();
    for (const note of await this.notes()) {
      if (note.session !== session && note.started < oldest) await this.forget(note.id);
    }
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
    const sealed = await this.sealed(await film.arrayBuffer(), `${take}/${index}`);
    const chunk: Chunk = { take, index, at, ...sealed };
    await this.change(async ({ takes, chunks }) => {
      await noteOf(take, takes);
      chunks.add(chunk);
    });
  }

  async locate(id: string, address: string | null): Promise<void> {
    await this.amend(id, { address });
  }

  async complete(id: string, facts: TakeFacts): Promise<void> {
    const text = new TextEncoder().encode(JSON.stringify(facts));
    await this.amend(id, { state: "complete", facts: await this.sealed(text, id) });
  }

  async refuse(id: string): Promise<void> {
    await this.amend(id, { refused: true });
  }

  /** Deletes the film, and remembers that the server's part must go too. */
  async unwant(id: string): Promise<void> {
    await this.change(async (stores) => {
      stores.chunks.delete(chunksOf(id));
      await amended(id, { state: "unwanted", facts: null }, stores);
    });
  }

  private async amend(id: string, news: Partial<Note>): Promise<void> {
    await this.change((stores) => amended(id, news, stores));
  }

  private notes(session?: string): Promise<Note[]> {
    return this.using(({ database }) => {
      const takes = database.transaction("takes").objectStore("takes");
      const found = session ? takes.index("session").getAll(session) : takes.getAll();
      return answer(found) as Promise<Note[]>;
    });
  }

  private async read(note: Note): Promise<LeftTake> {
    const chunks = await this.using(({ database }) => {
      const kept = database.transaction("chunks").objectStore("chunks");
      return answer(kept.getAll(chunksOf(note.id))) as Promise<Chunk[]>;
    });
    const { key } = await this.connection;
    const film: Blob[] = [];
    let seconds = 0;
    for (const chunk of chunks) {
      const bytes = await unseal(key, chunk, `${note.id}/${film.length}`).catch(() => null);
      if (bytes === null) break;
      film.push(new Blob([bytes]));
      seconds = chunk.at;
    }
    const { id, session, task, mime, started, address } = note;
    const facts = film.length === chunks.length ? await this.factsOf(note) : null;
    const unwanted = note.state === "unwanted";
    const refused = note.refused ?? false;
    const take = { id, session, task, mime, started, address, unwanted, refused };
    return { ...take, chunks: film, seconds, facts };
  }

  private async factsOf({ id, facts }: Note): Promise<TakeFacts | null> {
    if (facts === null) return null;
    const { key } = await this.connection;
    const text = await unseal(key, facts, id).catch(() => null);
    return text && (JSON.parse(new TextDecoder().decode(text)) as TakeFacts);
  }

  private async sealed(bytes: BufferSource, place: string): Promise<Sealed> {
    return seal((await this.connection).key, bytes, place);
  }

  /** One change, safe on the disk when this resolves. */
  private change(work: (stores: Stores) => unknown): Promise<void> {
    return this.using(async ({ database }) => {
      // A dead battery must not cost more than the last second.
      const options = { durability: "strict" } as const;
      const change = database.transaction(["takes", "chunks"], "readwrite", options);
      const saved = finished(change);
      const stores = { takes: change.objectStore("takes"), chunks: change.objectStore("chunks") };
      await Promise.all([work(stores), saved]);
    });
  }

  /** Works with the database, and once more where the browser has closed it meanwhile. */
  private async using<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const { connection } = this;
    try {
      return await work(await connection);
    } catch (error) {
      if (!CLOSED.has((error as Error | null)?.name ?? "AbortError")) throw error;
      if (this.connection === connection) {
        this.connection = connect();
        this.connection.catch(() => (this.connection = connection));
      }
      return work(await this.connection);
    }
  }
}

interface Connection {
  readonly database: IDBDatabase;
  readonly key: CryptoKey;
}

interface Stores {
  readonly takes: IDBObjectStore;
  readonly chunks: IDBObjectStore;
}

function connect(): Promise<Connection> {
  return inTime(connected(), OPEN_MS);
}

async function connected(): Promise<Connection> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    const { result } = request;
    result.createObjectStore("keys");
    result.createObjectStore("takes", { keyPath: "id" }).createIndex("session", "session");
    result.createObjectStore("chunks", { keyPath: ["take", "index"] });
  };
  const database = await answer(request);
  database.onversionchange = () => database.close();
  return { database, key: await theKey(database) };
}

/** Rejects when the take is not here (any more): what is kept of it would be of no use. */
async function noteOf(take: string, takes: IDBObjectStore): Promise<Note> {
  const note = (await answer(takes.get(take))) as Note | undefined;
  if (!note) throw new DOMException("this take has been forgotten", "NotFoundError");
  return note;
}

async function amended(id: string, news: Partial<Note>, { takes }: Stores): Promise<void> {
  takes.put({ ...(await noteOf(id, takes)), ...news });
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
