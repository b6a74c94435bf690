// @vitest-environment node
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SETUP, SMILE } from "./fixtures";
import { recover } from "./recover";
import { TakeStore, type NewTake, type TakeFacts } from "./store";
import { SubmitRefused, submitTake, type Submission } from "./submit";
import { FilmUpload, removeUpload } from "./upload";

// The network is the outside world here; the store is a real one.
vi.mock("./upload", () => ({ FilmUpload: vi.fn(), removeUpload: vi.fn(), UploadRefused: Error }));
vi.mock("./submit", async (original) => ({
  ...(await original<typeof import("./submit")>()),
  submitTake: vi.fn(),
}));

const ADDRESS = "http://localhost/uploads/old";
const WHOLE: TakeFacts = {
  cues: [
    { start: 2.1, end: 4 },
    { start: 6, end: 8 },
  ],
  capture: { camera: "Front", store: "kept" },
  partial: false,
};
const PART: TakeFacts = { cues: [], capture: { interrupted: "camera lost" }, partial: true };

interface Leaving extends Partial<NewTake> {
  readonly seconds?: number;
  readonly facts?: TakeFacts;
  readonly unwanted?: boolean;
  readonly refused?: boolean;
}

describe("films that an earlier visit left", () => {
  const sent: Array<{ text: string; take: Submission }> = [];
  let store: TakeStore;

  /** A take of which so many seconds were recorded before the page was closed. */
  async function leave({ seconds = 3, facts, unwanted, refused, ...note }: Leaving = {}): Promise<void> {
    const take = { id: "1d", session: "5e55", task: "smile", mime: "video/webm", ...note };
    const copy = store.begin({ started: new Date().toISOString(), ...take });
    copy.locate(ADDRESS);
    for (let second = 1; second <= seconds; second += 1) {
      vi.advanceTimersByTime(1000);
      copy.add(new Blob([`${take.id}${second} `]));
    }
    if (facts) copy.complete(facts);
    if (refused) copy.refuse();
    if (unwanted) copy.unwant();
    await copy.isSafe();
  }

  async function come(setup = SETUP): Promise<string[]> {
    const deliveries = await recover(setup, (await TakeStore.open())!, () => undefined);
    await vi.waitFor(() => expect(deliveries.every(({ isSettled }) => isSettled)).toBe(true));
    return deliveries.map(({ task, isPartial }) => `${task.code}${isPartial ? " part" : ""}`);
  }

  async function stillHere(): Promise<string[]> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return (await store.left("5e55")).map(({ id }) => id);
  }

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    vi.stubGlobal("indexedDB", new IDBFactory());
    vi.stubGlobal("navigator", { userAgent: "Chrome" });
    sent.length = 0;
    vi.mocked(removeUpload).mockReset().mockResolvedValue(undefined);
    vi.mocked(FilmUpload).mockReset().mockImplementation(
      (film) => ({ arrived: film.blob().text(), stop: vi.fn() }) as unknown as FilmUpload,
    );
    vi.mocked(submitTake).mockReset().mockImplementation(async (_address, _csrf, take) => {
      sent.push({ text: take.upload, take });
      return { recording: "r", task: take.task, attempt: 1, sha256: take.sha256, received: "" };
    });
    store = (await TakeStore.open())!;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("are delivered as they were recorded, and then forgotten", async () => {
    await leave({ facts: WHOLE });
    expect(await come()).toEqual(["smile"]);
    expect(sent[0]!.text).toBe("1d1 1d2 1d3 ");
    expect(sent[0]!.take).toMatchObject({ task: "smile", ...WHOLE });
    expect(sent[0]!.take.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(vi.mocked(FilmUpload).mock.calls[0]![1].address).toBe(ADDRESS);
    expect(await stillHere()).toEqual([]);
  });

  it("are sent as parts when they were cut off, with the cues that lie within", async () => {
    await leave({ seconds: 7 });
    expect(await come()).toEqual(["smile part"]);
    expect(sent[0]!.take).toMatchObject({
      partial: true,
      cues: [{ start: 2, end: 4 }],
      capture: { interrupted: "page closed", store: "kept", seconds: 7, mime: "video/webm" },
    });
  });

  it("are sent as the parts that they were broken off as", async () => {
    await leave({ facts: PART });
    expect(await come()).toEqual(["smile part"]);
    expect(sent[0]!.take).toMatchObject(PART);
  });

  it("are not sent when they are parts of a task whose film has arrived", async () => {
    await leave();
    const received = { ...SETUP, tasks: [{ ...SMILE, received: true }] };
    expect(await come(received)).toEqual([]);
    expect(removeUpload).toHaveBeenCalledWith(ADDRESS, SETUP.csrf);
    expect(await stillHere()).toEqual([]);
  });

  it("leave what the server has alone as long as no whole film stands for it", async () => {
    await leave({ id: "a", seconds: 4, started: "2999-01-01" });
    await leave({ id: "b", seconds: 2, started: "2999-01-02" });
    await leave({ id: "c", seconds: 0, started: "2999-01-03" });
    expect(await come()).toEqual(["smile part"]);
    expect(removeUpload).not.toHaveBeenCalled();
    // The shorter part waits; there is nothing to keep of the empty one.
    expect(await stillHere()).toEqual(["b"]);
  });

  it("are only forgotten here when nothing of them can be read", async () => {
    await leave({ seconds: 0 });
    expect(await come()).toEqual([]);
    expect(removeUpload).not.toHaveBeenCalled();
    expect(await stillHere()).toEqual([]);
  });

  it("are sent though they have lain here for long", async () => {
    await leave({ facts: WHOLE, started: "2020-01-01T00:00:00.000Z" });
    expect(await come()).toEqual(["smile"]);
  });

  it("are sent when they are whole, though the clinic may have them", async () => {
    await leave({ facts: WHOLE });
    const received = { ...SETUP, tasks: [{ ...SMILE, received: true }] };
    expect(await come(received)).toEqual(["smile"]);
  });

  it("count by the newest whole film of a task", async () => {
    await leave({ id: "a", facts: WHOLE, started: "2999-01-01" });
    await leave({ id: "b", facts: WHOLE, started: "2999-01-02" });
    await leave({ id: "c", started: "2999-01-03" });
    expect(await come()).toEqual(["smile"]);
    expect(sent.map(({ text }) => text)).toEqual(["b1 b2 b3 "]);
    expect(await stillHere()).toEqual([]);
  });

  it("are all kept when the clinic does not take the one that is sent", async () => {
    await leave({ id: "a", facts: WHOLE, started: "2999-01-01" });
    await leave({ id: "b", started: "2999-01-02" });
    vi.mocked(submitTake).mockRejectedValue(new SubmitRefused("It is empty."));
    expect(await come()).toEqual(["smile"]);
    expect(await stillHere()).toEqual(["a", "b"]);
    expect(removeUpload).not.toHaveBeenCalled();
  });

  it("do not stand back behind one that the clinic did not take before", async () => {
    await leave({ id: "a", facts: WHOLE, started: "2999-01-01", refused: true });
    await leave({ id: "b", seconds: 2, started: "2999-01-02" });
    expect(await come()).toEqual(["smile part"]);
    expect(sent.map(({ text }) => text)).toEqual(["b1 b2 "]);
  });

  it("are tried again where they were not taken and there are no others", async () => {
    await leave({ id: "a", facts: WHOLE, refused: true });
    expect(await come()).toEqual(["smile"]);
  });

  it("count by the longest part where there is no whole film", async () => {
    await leave({ id: "a", seconds: 4, started: "2999-01-01" });
    await leave({ id: "b", seconds: 2, started: "2999-01-02" });
    await come();
    expect(sent.map(({ text }) => text)).toEqual(["a1 a2 a3 a4 "]);
  });

  it("are only removed from the server when nobody wanted them", async () => {
    await leave({ unwanted: true });
    expect(await come()).toEqual([]);
    expect(removeUpload).toHaveBeenCalledWith(ADDRESS, SETUP.csrf);
    expect(sent).toEqual([]);
    expect(await stillHere()).toEqual([]);
  });

  it("are left alone when they belong to another session", async () => {
    await leave({ session: "07e7" });
    expect(await come()).toEqual([]);
    expect(await store.left("07e7")).toHaveLength(1);
  });

  it("are none in a browser that keeps nothing, or whose store breaks", async () => {
    expect(await recover(SETUP, null, () => undefined)).toEqual([]);
    const told = vi.spyOn(console, "error").mockReturnValue(undefined);
    vi.spyOn(store, "left").mockRejectedValue(new Error("broken"));
    expect(await recover(SETUP, store, () => undefined)).toEqual([]);
    expect(told).toHaveBeenCalled();
  });
});
