// @vitest-environment node
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkEnded, NotNeeded } from "./answers";
import { SETUP, SMILE } from "./fixtures";
import { sendLate, type LateNews } from "./late";
import { TakeStore, type TakeFacts } from "./store";
import { NotAsSent, submitTake, type Receipt } from "./submit";
import { SessionHold } from "./tabs";
import { FilmUpload, UploadRefused } from "./upload";

// The network is the outside world here; the store is a real one.
vi.mock("./upload", async (original) => ({
  ...(await original<typeof import("./upload")>()),
  FilmUpload: vi.fn(),
  removeUpload: vi.fn(async () => undefined),
}));
vi.mock("./submit", async (original) => ({
  ...(await original<typeof import("./submit")>()),
  submitTake: vi.fn(),
}));
vi.mock("./tabs", () => ({ SessionHold: { claim: vi.fn() } }));
vi.mock("./patience", () => ({ Patience: class { wait = async () => undefined; } }));

const WHOLE: TakeFacts = { cues: [], capture: {}, partial: false };
const RECEIPT = { recording: "r", received: "2026-11-24T14:03:00" } as Receipt;

describe("films that are still here when the session is finished", () => {
  let store: TakeStore;
  const told: LateNews[] = [];
  const last = () => told[told.length - 1]!;

  async function leave(task: string, facts: TakeFacts | null = WHOLE): Promise<void> {
    const started = new Date().toISOString();
    const copy = store.begin({ id: `${task}-take`, session: "5e55", task, mime: "video/webm", started });
    copy.add(new Blob(["film"]));
    if (facts) copy.complete(facts);
    await copy.isSafe();
  }
  const stillHere = async () => (await store.left("5e55")).map(({ task }) => task);
  const reload = vi.fn();
  const send = (tasks = SETUP.tasks) =>
    sendLate({ ...SETUP, tasks }, (news) => told.push(news), reload);
  const upload = (arrived: () => Promise<string>) => () => {
    const promise = arrived();
    promise.catch(() => undefined);
    return { arrived: promise, sendAgain: () => undefined, stop: () => undefined } as unknown as FilmUpload;
  };
  const uploads = (arrived: () => Promise<string>) =>
    vi.mocked(FilmUpload).mockReset().mockImplementation(upload(arrived));
  const uploadsOnce = (arrived: () => Promise<string>) =>
    vi.mocked(FilmUpload).mockImplementationOnce(upload(arrived));

  beforeEach(async () => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    vi.stubGlobal("navigator", { userAgent: "Chrome" });
    vi.stubGlobal("document", { getElementById: () => null });
    vi.mocked(SessionHold.claim).mockReset().mockResolvedValue({} as SessionHold);
    vi.mocked(submitTake).mockReset().mockResolvedValue(RECEIPT);
    uploads(() => Promise.resolve("u1"));
    told.length = 0;
    reload.mockReset();
    store = (await TakeStore.open())!;
  });
  afterEach(() => vi.unstubAllGlobals());

  it("are sent, whole and in parts, and then forgotten", async () => {
    await leave("smile");
    await leave("rest", null);
    await send();
    await vi.waitFor(() => expect(last()).toEqual({ words: "All your films have arrived.", isNeeded: false }));
    expect(vi.mocked(submitTake).mock.calls.map(([, , take]) => take.partial).sort()).toEqual([
      false,
      true,
    ]);
    await vi.waitFor(async () => expect(await stillHere()).toEqual([]));
  });

  it("stay while they are on their way, and the page says so", async () => {
    await leave("smile");
    uploads(() => new Promise(() => undefined));
    await send();
    expect(last().isNeeded).toBe(true);
    expect(last().words).toBe(
      "One film is still on this device. Keep this page open. Sending your film …",
    );
    expect(await stillHere()).toEqual(["smile"]);
    expect(reload).not.toHaveBeenCalled();
  });

  it("have the page tell of them once, when the last has arrived and nothing stays here", async () => {
    await leave("smile");
    await leave("rest");
    let arrive = (_id: string): void => undefined;
    uploads(() => new Promise((resolve) => (arrive = resolve)));
    vi.mocked(submitTake).mockResolvedValueOnce(RECEIPT);
    uploadsOnce(() => Promise.resolve("u1"));
    await send();
    await vi.waitFor(() => expect(submitTake).toHaveBeenCalledTimes(1));
    expect(reload).not.toHaveBeenCalled();
    const left: string[][] = [];
    reload.mockImplementation(() => void stillHere().then((tasks) => left.push(tasks)));
    arrive("u2");
    await vi.waitFor(() => expect(left).toEqual([[]]));
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("are forgotten when the clinic does not need them", async () => {
    await leave("smile");
    uploads(() => Promise.reject(new NotNeeded("This one is not needed.")));
    await send();
    await vi.waitFor(() => expect(last()).toEqual({ words: "", isNeeded: false }));
    await vi.waitFor(async () => expect(await stillHere()).toEqual([]));
    expect(reload).not.toHaveBeenCalled();
  });

  it.each([
    ["the clinic does not take them", () => Promise.reject(new UploadRefused("It is too large."))],
    ["they never arrived as sent", () => Promise.reject(new NotAsSent())],
    ["this device fails", () => Promise.reject(new RangeError("no memory"))],
  ])("stay where %s, and the page says why", async (_, arrived) => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    await leave("smile");
    await leave("rest");
    vi.mocked(submitTake).mockImplementation((_address, _csrf, take) =>
      take.task === "smile" ? arrived() : Promise.resolve(RECEIPT),
    );
    await send();
    await vi.waitFor(() => expect(last().isNeeded).toBe(false));
    expect(last().words).toMatch(/^One film is still on this device\. \w+/);
    await vi.waitFor(async () => expect(await stillHere()).toEqual(["smile"]));
  });

  it("stay when the link has ended, without those that have arrived", async () => {
    await leave("smile");
    await leave("rest");
    vi.mocked(submitTake).mockImplementation(async (_address, _csrf, take) => {
      if (take.task === "smile") throw new LinkEnded("Your link has ended.");
      return RECEIPT;
    });
    await send();
    await vi.waitFor(() => expect(last().isNeeded).toBe(false));
    expect(last().words).toBe("One film is still on this device. Your link has ended.");
    await vi.waitFor(async () => expect(await stillHere()).toEqual(["smile"]));
  });

  it("stay when the store cannot be read now", async () => {
    await leave("smile");
    const shown = vi.spyOn(console, "error").mockReturnValue(undefined);
    vi.spyOn(TakeStore.prototype, "left").mockRejectedValueOnce(new Error("broken"));
    await send();
    expect(shown).toHaveBeenCalled();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await stillHere()).toEqual(["smile"]);
  });

  it("parts are not sent of a task that the clinic has whole: they go", async () => {
    await leave("smile", null);
    await send([{ ...SMILE, received: true }]);
    await vi.waitFor(async () => expect(await stillHere()).toEqual([]));
    expect(submitTake).not.toHaveBeenCalled();
    expect(last().words).toBe("");
  });

  it("are left to another window that still has the session", async () => {
    await leave("smile");
    vi.mocked(SessionHold.claim).mockResolvedValueOnce(null);
    await send();
    expect(SessionHold.claim).toHaveBeenCalledTimes(2);
    await vi.waitFor(async () => expect(await stillHere()).toEqual([]));
  });

  it("are none where the browser keeps nothing", async () => {
    vi.stubGlobal("indexedDB", undefined);
    await send();
    expect(told).toEqual([]);
  });
});
