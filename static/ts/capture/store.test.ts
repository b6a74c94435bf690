// @vitest-environment node
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LocalCopy } from "./copy";
import { TakeStore, type LeftTake, type NewTake } from "./store";

const FACTS = { cues: [{ start: 2, end: 4 }], capture: { camera: "Front" }, partial: false };

function take(changes: Partial<NewTake> = {}): NewTake {
  const started = new Date().toISOString();
  return { id: "1d", session: "5e55", task: "smile", mime: "video/webm", started, ...changes };
}

async function written(copy: LocalCopy): Promise<LocalCopy> {
  await copy.isSafe();
  return copy;
}

function textOf({ chunks }: LeftTake): Promise<string> {
  return new Blob([...chunks]).text();
}

/** All that lies in the database, as it lies there. */
async function allRows(store: string): Promise<unknown[]> {
  const open = indexedDB.open("mimia-takes");
  await new Promise((resolve) => (open.onsuccess = resolve));
  const rows = open.result.transaction(store).objectStore(store).getAll();
  await new Promise((resolve) => (rows.onsuccess = resolve));
  open.result.close();
  return rows.result;
}

describe("the store of takes on this device", () => {
  const persist = vi.fn();
  let store: TakeStore;

  beforeEach(async () => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    vi.stubGlobal("navigator", { userAgent: "Chrome", storage: { persist } });
    persist.mockReset().mockResolvedValue(true);
    store = (await TakeStore.open())!;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it("gives a take back, byte for byte, when the page is opened again", async () => {
    const copy = store.begin(take());
    copy.locate("http://localhost/uploads/abc");
    for (const text of ["first ", "second ", "third"]) copy.add(new Blob([text]));
    copy.complete(FACTS);
    await written(copy);
    const again = (await TakeStore.open())!;
    const [left] = await again.left("5e55");
    expect(left).toMatchObject({
      id: "1d",
      task: "smile",
      mime: "video/webm",
      address: "http://localhost/uploads/abc",
      unwanted: false,
      facts: FACTS,
    });
    expect(await textOf(left!)).toBe("first second third");
  });

  it("tells how long a recording had run when it was cut off", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const copy = store.begin(take());
    vi.advanceTimersByTime(1000);
    copy.add(new Blob(["a"]));
    vi.advanceTimersByTime(1250);
    copy.add(new Blob(["b"]));
    await written(copy);
    const [left] = await store.left("5e55");
    expect(left).toMatchObject({ facts: null, seconds: 2.25, address: null });
  });

  it("keeps neither film nor facts in the open, nor a key that can be read out", async () => {
    const copy = store.begin(take());
    copy.add(new Blob(["a face that smiles"]));
    copy.complete(FACTS);
    await written(copy);
    const rows = [...(await allRows("takes")), ...(await allRows("chunks"))];
    const bytes = rows.flatMap((row) => [row, ...nested(row)]).map(readable);
    expect(bytes.join(" ")).toContain("smile");
    expect(bytes.join(" ")).not.toMatch(/a face|Front|cues/);
    const [key] = (await allRows("keys")) as CryptoKey[];
    expect(key!.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", key!)).rejects.toThrow();
  });

  it("has one key, whichever window made it first", async () => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    const [one, two] = await Promise.all([TakeStore.open(), TakeStore.open()]);
    const copy = one!.begin(take());
    copy.add(new Blob(["film"]));
    await written(copy);
    const [left] = await two!.left("5e55");
    expect(await textOf(left!)).toBe("film");
    expect(await allRows("keys")).toHaveLength(1);
  });

  it("gives what comes before a damaged second, and no facts of a whole film", async () => {
    const copy = store.begin(take());
    for (const text of ["good", "bad", "good"]) copy.add(new Blob([text]));
    copy.complete(FACTS);
    await written(copy);
    const open = indexedDB.open("mimia-takes");
    await new Promise((resolve) => (open.onsuccess = resolve));
    const chunks = open.result.transaction("chunks", "readwrite").objectStore("chunks");
    const row = chunks.get(["1d", 1]);
    await new Promise((resolve) => (row.onsuccess = resolve));
    await new Promise((resolve) => {
      chunks.put({ ...row.result, bytes: new ArrayBuffer(20) }).onsuccess = resolve;
    });
    const [left] = await store.left("5e55");
    expect(await textOf(left!)).toBe("good");
    expect(left!.facts).toBeNull();
  });

  it("switches itself off for a take when the device is full, and keeps what it had", async () => {
    const copy = store.begin(take());
    copy.add(new Blob(["kept"]));
    await written(copy);
    vi.spyOn(IDBObjectStore.prototype, "add").mockImplementationOnce(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    copy.add(new Blob(["lost"]));
    copy.add(new Blob(["not tried"]));
    copy.complete(FACTS);
    expect(await copy.isSafe()).toBe(false);
    expect(copy.fault).toBe("QuotaExceededError");
    const [left] = await store.left("5e55");
    expect(await textOf(left!)).toBe("kept");
    expect(left!.facts).toBeNull();
  });

  it("forgets a take with all its seconds", async () => {
    const copy = store.begin(take());
    copy.add(new Blob(["film"]));
    copy.forget();
    await written(copy);
    expect([...(await allRows("takes")), ...(await allRows("chunks"))]).toEqual([]);
  });

  it("keeps no second of a take that has been forgotten", async () => {
    const copy = store.begin(take());
    await written(copy);
    await store.forget("1d");
    copy.add(new Blob(["late"]));
    expect(await copy.isSafe()).toBe(false);
    expect(await allRows("chunks")).toEqual([]);
  });

  it("deletes an unwanted film at once, and remembers where the server has it", async () => {
    const copy = store.begin(take());
    copy.locate("http://localhost/uploads/abc");
    copy.add(new Blob(["film"]));
    await written(copy);
    const steps = vi.spyOn(IDBDatabase.prototype, "transaction");
    copy.unwant();
    await written(copy);
    expect(steps.mock.calls.filter(([, mode]) => mode === "readwrite").length).toBe(1);
    steps.mockRestore();
    expect(await allRows("chunks")).toEqual([]);
    expect(await store.left("5e55")).toMatchObject([
      { unwanted: true, address: "http://localhost/uploads/abc" },
    ]);
  });

  it("purges what is older than 30 days, but for the session whose films can still be sent", async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    await written(store.begin(take({ id: "old", started: daysAgo(31) })));
    await written(store.begin(take({ id: "new", started: daysAgo(29) })));
    await store.purgeOld("5e55");
    expect((await store.left("5e55")).map(({ id }) => id)).toEqual(["old", "new"]);
    await store.purgeOld("07e7");
    expect((await store.left("5e55")).map(({ id }) => id)).toEqual(["new"]);
  });

  it.each([
    ["07e7", ["new"]],
    [null, ["new"]],
    ["5e55", ["old", "new"]],
  ])("is purged on every page, whose open session is %s", async (open, kept) => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    await written(store.begin(take({ id: "old", started: daysAgo(31) })));
    await written(store.begin(take({ id: "new", started: daysAgo(29) })));
    await TakeStore.purge(open);
    expect((await store.left("5e55")).map(({ id }) => id)).toEqual(kept);
  });

  it("remembers which films the clinic did not take", async () => {
    const copy = store.begin(take());
    copy.refuse();
    await written(copy);
    expect(await store.left("5e55")).toMatchObject([{ refused: true, unwanted: false }]);
  });

  it("gives the other takes when one cannot be read", async () => {
    for (const id of ["a", "b", "c"]) {
      const copy = store.begin(take({ id }));
      copy.add(new Blob([id]));
      await written(copy);
    }
    const told = vi.spyOn(console, "error").mockReturnValue(undefined);
    const read = IDBObjectStore.prototype.getAll;
    vi.spyOn(IDBObjectStore.prototype, "getAll").mockImplementation(function (this: IDBObjectStore, range) {
      if ((range as IDBKeyRange).lower?.[0] === "b") throw new DOMException("broken", "DataError");
      return read.call(this, range);
    });
    expect((await store.left("5e55")).map(({ id }) => id)).toEqual(["a", "c"]);
    expect(told).toHaveBeenCalled();
  });

  it("opens again when the browser has closed it", async () => {
    const copy = store.begin(take());
    copy.add(new Blob(["first "]));
    await written(copy);
    const { database } = await store["connection"];
    database.close();
    copy.add(new Blob(["second"]));
    expect(await copy.isSafe()).toBe(true);
    expect(await textOf((await store.left("5e55"))[0]!)).toBe("first second");
  });

  it("does not call a take safe whose store was cleared meanwhile", async () => {
    const copy = store.begin(take());
    copy.add(new Blob(["first "]));
    await written(copy);
    const cleared = indexedDB.deleteDatabase("mimia-takes");
    await new Promise((resolve) => (cleared.onsuccess = resolve));
    copy.add(new Blob(["second"]));
    expect(await copy.isSafe()).toBe(false);
    // The next take is kept again.
    expect(await (await written(store.begin(take({ id: "2e" })))).isSafe()).toBe(true);
  });

  it("is tried again for the next take where it cannot be opened", async () => {
    const copy = store.begin(take());
    await written(copy);
    (await store["connection"]).database.close();
    const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("no", "UnknownError");
    });
    copy.add(new Blob(["lost"]));
    expect(await copy.isSafe()).toBe(false);
    open.mockRestore();
    expect(await store.begin(take({ id: "2e" })).isSafe()).toBe(true);
  });

  it("is not there where the browser keeps nothing", async () => {
    vi.stubGlobal("indexedDB", undefined);
    expect(await TakeStore.open()).toBeNull();
    const open = () => {
      throw new DOMException("private window", "InvalidStateError");
    };
    vi.stubGlobal("indexedDB", { open });
    expect(await TakeStore.open()).toBeNull();
  });

  it("is not there where the browser never answers", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("indexedDB", { open: () => ({}) });
    const opened = TakeStore.open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await opened).toBeNull();
  });

  it("asks once that films stay, but not where the browser would ask the person", async () => {
    expect(persist).toHaveBeenCalledTimes(1);
    vi.stubGlobal("navigator", { userAgent: "Firefox/140", storage: { persist } });
    await TakeStore.open();
    expect(persist).toHaveBeenCalledTimes(1);
  });
});

function nested(row: unknown): unknown[] {
  return Object.values(row as object).flatMap((value) =>
    Object.getPrototypeOf(value ?? 0) === Object.prototype ? [value, ...nested(value)] : [value],
  );
}

function readable(value: unknown): string {
  const isBytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  return isBytes ? new TextDecoder("latin1").decode(value) : JSON.stringify(value);
}
