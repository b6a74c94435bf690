import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkEnded, NotNeeded } from "./answers";
import type { LocalCopy } from "./copy";
import { Delivery } from "./delivery";
import { FilmShorter } from "./film";
import { SETUP, SMILE } from "./fixtures";
import { sha256 } from "./hash";
import type { LeftTake, TakeStore } from "./store";
import { NotAsSent, NotWanted, SubmitRefused, submitTake } from "./submit";
import { FilmUpload, UploadRefused, removeUpload } from "./upload";

// Network and store are the outside world here: upload, submit and store have specs of their own.
vi.mock("./upload", async (original) => ({
  ...(await original<typeof import("./upload")>()),
  FilmUpload: vi.fn(),
  removeUpload: vi.fn(),
}));
vi.mock("./submit", async (original) => ({
  ...(await original<typeof import("./submit")>()),
  submitTake: vi.fn(),
}));
vi.mock("./hash", async (original) => ({
  ...(await original<typeof import("./hash")>()),
  sha256: vi.fn(async () => "f00d"),
}));

const RECEIPT = { recording: "r", task: "smile", attempt: 1, sha256: "f00d", received: "" };
const LEFT: LeftTake = {
  id: "1d",
  session: "5e55",
  task: "smile",
  mime: "video/webm",
  started: "2026-05-03T14:03:00Z",
  address: "http://localhost/uploads/old",
  unwanted: false,
  refused: false,
  chunks: [new Blob(["01234"]), new Blob(["56789"])],
  seconds: 2,
  facts: null,
};

const nothing = new Promise<never>(() => undefined);

function uploadThat(arrived: Promise<string>) {
  arrived.catch(() => undefined);
  const upload = { arrived, goOn: vi.fn(), sendAgain: vi.fn(), stop: vi.fn() };
  vi.mocked(FilmUpload).mockImplementation(() => upload as unknown as FilmUpload);
  return upload;
}

describe("the delivery of a take", () => {
  const changed = vi.fn();
  const copy = {
    fault: null as string | null,
    add: vi.fn(),
    complete: vi.fn(),
    locate: vi.fn(),
    unwant: vi.fn(),
    forget: vi.fn(),
    refuse: vi.fn(),
    isSafe: vi.fn(),
    seemsSafe: true,
  };
  const store = { begin: vi.fn(), copyOf: vi.fn() };
  let upload: ReturnType<typeof uploadThat>;
  let delivery: Delivery;

  function start(arrived: Promise<string>): void {
    upload = uploadThat(arrived);
    delivery.begin("video/webm");
    delivery.add(new Blob(["0123456789"]));
  }

  const network = () => vi.mocked(FilmUpload).mock.calls[0]![2];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    copy.fault = null;
    copy.seemsSafe = true;
    copy.isSafe.mockImplementation(async () => copy.fault === null);
    store.begin.mockReturnValue(copy as unknown as LocalCopy);
    store.copyOf.mockReturnValue(copy as unknown as LocalCopy);
    vi.mocked(submitTake).mockReset().mockResolvedValue(RECEIPT);
    vi.mocked(removeUpload).mockReset().mockResolvedValue(undefined);
    delivery = new Delivery(SMILE, SETUP, changed, store as unknown as TakeStore);
  });
  afterEach(() => vi.useRealTimers());

  it("ends with the clinic's receipt, and only then forgets the copy on this device", async () => {
    start(Promise.resolve("abc"));
    vi.mocked(submitTake).mockImplementation(async () => {
      expect(copy.forget).not.toHaveBeenCalled();
      return RECEIPT;
    });
    await delivery.complete([{ start: 2, end: 4 }], { fps: 30 });
    expect(delivery.state).toEqual({ kind: "received", receipt: RECEIPT });
    expect(copy.forget).toHaveBeenCalled();
    expect(vi.mocked(submitTake).mock.calls[0]![2]).toEqual({
      upload: "abc",
      task: "smile",
      cues: [{ start: 2, end: 4 }],
      capture: { fps: 30, store: "kept" },
      sha256: "f00d",
      partial: false,
    });
  });

  it("hands in the film as it was when its take ended, whatever the recorder still gives", async () => {
    start(nothing);
    void delivery.complete([], {});
    delivery.add(new Blob(["late"]));
    const [film] = vi.mocked(FilmUpload).mock.calls[0]!;
    expect(film.size).toBe(10);
    expect(copy.add).toHaveBeenCalledTimes(1);
  });

  it("holds no bytes once the clinic has them: the clinic's film is the one to look at", async () => {
    start(Promise.resolve("abc"));
    await delivery.complete([], {});
    const [film] = vi.mocked(FilmUpload).mock.calls[0]!;
    expect(film.blob().size).toBe(0);
    expect(delivery.replay()).toBe("/capture/5e55/films/r/");
  });

  it("keeps each second, its address and its facts on this device", async () => {
    start(nothing);
    network().located("http://localhost/uploads/abc");
    void delivery.complete([], { fps: 30 });
    expect(store.begin.mock.calls[0]![0]).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      session: "5e55",
      task: "smile",
      mime: "video/webm",
    });
    expect(copy.add).toHaveBeenCalledTimes(1);
    expect(copy.locate).toHaveBeenCalledWith("http://localhost/uploads/abc");
    expect(copy.complete).toHaveBeenCalledWith({
      cues: [],
      capture: { fps: 30, store: "kept" },
      partial: false,
    });
  });

  it("tells when this device kept no copy, and why", async () => {
    copy.fault = "QuotaExceededError";
    start(Promise.resolve("abc"));
    await delivery.complete([], {});
    const without = new Delivery(SMILE, SETUP, changed, null);
    without.begin("video/webm");
    await without.complete([], {});
    const told = vi.mocked(submitTake).mock.calls.map(([, , take]) => take.capture);
    expect(told).toEqual([{ store: "QuotaExceededError" }, { store: "not available" }]);
    expect(without.state.kind).toBe("received");
  });

  it("hands in what was recorded of a take that was broken off", async () => {
    start(Promise.resolve("abc"));
    await delivery.breakOff([], { interrupted: "camera lost" });
    expect(delivery.isPartial).toBe(true);
    expect(vi.mocked(submitTake).mock.calls[0]![2]).toMatchObject({ partial: true });
    expect(delivery.state.kind).toBe("received");
  });

  it("does not hand in a take that was broken off before its first second", async () => {
    await delivery.breakOff([], {});
    expect(delivery.isSettled).toBe(true);
    expect(submitTake).not.toHaveBeenCalled();
  });

  it("goes on with a film that an earlier visit left", async () => {
    uploadThat(Promise.resolve("old"));
    delivery.resume(LEFT);
    await delivery.complete([], { store: "QuotaExceededError" });
    const [film, to] = vi.mocked(FilmUpload).mock.calls[0]!;
    expect(film.size).toBe(10);
    expect(to).toMatchObject({ mime: "video/webm", address: "http://localhost/uploads/old" });
    expect(store.copyOf).toHaveBeenCalledWith(LEFT);
    const [, , take] = vi.mocked(submitTake).mock.calls[0]!;
    expect(take.capture).toEqual({ store: "QuotaExceededError" });
    expect(copy.forget).toHaveBeenCalled();
  });

  it.each([
    ["upload", new UploadRefused("Too large.")],
    ["submission", new SubmitRefused("It is empty.")],
  ])("tells why the %s is refused, and keeps the copy", async (step, refusal) => {
    start(step === "upload" ? Promise.reject(refusal) : Promise.resolve("abc"));
    vi.mocked(submitTake).mockRejectedValue(refusal);
    await delivery.complete([], {});
    expect(delivery.state).toEqual({ kind: "refused", words: refusal.message });
    expect(delivery.isSettled).toBe(true);
    expect(copy.forget).not.toHaveBeenCalled();
    expect(copy.refuse).toHaveBeenCalled();
  });

  it("is over for good where the device cannot read its own film", async () => {
    vi.mocked(sha256).mockRejectedValueOnce(new DOMException("gone", "NotReadableError"));
    const shown = vi.spyOn(console, "error").mockReturnValue(undefined);
    start(nothing);
    await delivery.complete([], {});
    expect(delivery.state).toMatchObject({ kind: "refused", words: /on your device/ });
    expect(upload.stop).toHaveBeenCalled();
    network().sent(4);
    network().offline();
    expect(delivery.state.kind).toBe("refused");
    expect(shown).toHaveBeenCalled();
  });

  it("is sent as a whole when all of it is there, and read only once", async () => {
    upload = uploadThat(Promise.resolve("abc"));
    delivery.beginWhole("video/mp4", [new Blob(["01234"]), new Blob(["56789"])], "beef");
    const [film] = vi.mocked(FilmUpload).mock.calls[0]!;
    expect([film.size, film.isFinished]).toEqual([10, true]);
    expect(copy.add).toHaveBeenCalledTimes(2);
    await delivery.complete([], { by_hand: true });
    expect(vi.mocked(submitTake).mock.calls[0]![2].sha256).toBe("beef");
    expect(sha256).not.toHaveBeenCalled();
  });

  it("tells how long ago the take began, also where the page's clock stood still", async () => {
    start(Promise.resolve("abc"));
    await vi.advanceTimersByTimeAsync(60_000);
    await delivery.complete([], {});
    const ago = vi.mocked(submitTake).mock.calls[0]![3];
    expect(ago()).toBe(60);
    vi.setSystemTime(Date.now() + 3600_000); // the device slept
    expect(ago()).toBe(3660);
    vi.setSystemTime(Date.now() - 7200_000); // its clock was put back
    expect(ago()).toBe(60);
  });

  it("tells of a film that was left how long ago its note was made", async () => {
    uploadThat(Promise.resolve("old"));
    vi.setSystemTime("2026-05-05T14:03:00Z");
    delivery.resume(LEFT);
    await delivery.complete([], {});
    expect(vi.mocked(submitTake).mock.calls[0]![3]()).toBe(2 * 24 * 3600);
  });

  it("tells apart a film that is not needed", async () => {
    start(Promise.reject(new NotNeeded("This one is not needed.")));
    await delivery.complete([], {});
    const words = "This one is not needed.";
    expect(delivery.state).toEqual({ kind: "refused", words, needless: true });
  });

  it("sends the whole film again when the server has not what was recorded", async () => {
    start(Promise.resolve("abc"));
    vi.mocked(submitTake).mockRejectedValueOnce(new NotAsSent());
    await delivery.complete([], {});
    expect(upload.sendAgain).toHaveBeenCalledTimes(1);
    expect(delivery.state.kind).toBe("received");
  });

  it("gives up on sending again after three times, and keeps the copy", async () => {
    start(Promise.resolve("abc"));
    vi.mocked(submitTake).mockRejectedValue(new NotAsSent());
    await delivery.complete([], {});
    expect(submitTake).toHaveBeenCalledTimes(3);
    expect(delivery.state.kind).toBe("refused");
    expect(copy.forget).not.toHaveBeenCalled();
  });

  it.each(["upload", "submission"])("keeps the film when the link has ended (%s)", async (step) => {
    const ended = new LinkEnded("Your link has ended.");
    start(step === "upload" ? Promise.reject(ended) : Promise.resolve("abc"));
    vi.mocked(submitTake).mockRejectedValue(ended);
    await delivery.complete([], {});
    expect(delivery.state).toEqual({ kind: "kept", words: ended.message });
    expect(delivery.isSettled).toBe(true);
    expect(copy.forget).not.toHaveBeenCalled();
  });

  it("goes on trying after the link has ended when only this page has the film", async () => {
    copy.fault = "QuotaExceededError";
    start(Promise.reject(new LinkEnded("Your link has ended.")));
    const delivered = delivery.complete([], {});
    await vi.advanceTimersByTimeAsync(0);
    expect(delivery.state).toEqual({
      kind: "waiting",
      words: "Your link has ended.",
      isSafe: false,
      ended: true,
    });
    expect(delivery.isSettled).toBe(false);
    upload.arrived = Promise.resolve("abc");
    await vi.advanceTimersByTimeAsync(1000);
    await delivered;
    expect(upload.goOn).toHaveBeenCalled();
    expect(delivery.state.kind).toBe("received");
  });

  it("leaves a film to the server that has more of it", async () => {
    start(Promise.reject(new FilmShorter()));
    await delivery.breakOff([], {});
    expect(delivery.state).toMatchObject({ kind: "refused", words: /cut off/ });
    expect(removeUpload).not.toHaveBeenCalled();
    expect(copy.forget).not.toHaveBeenCalled();
  });

  it("tells how much has been sent, and what it waits for", () => {
    start(nothing);
    network().sent(4);
    expect(delivery.state).toEqual({ kind: "sending", percent: 40 });
    network().offline();
    expect(delivery.state).toEqual({ kind: "offline", isSafe: true });
    network().located("http://localhost/uploads/abc");
    expect(delivery.state).toEqual({ kind: "sending", percent: 40 });
    copy.seemsSafe = false;
    network().waiting("The clinic's disk is full.");
    expect(delivery.state).toEqual({
      kind: "waiting",
      words: "The clinic's disk is full.",
      isSafe: false,
    });
    expect(changed).toHaveBeenCalledTimes(4);
    expect(delivery.isSettled).toBe(false);
  });

  it("is deleted here and there once it is cancelled", async () => {
    start(nothing);
    network().located("http://localhost/uploads/abc");
    delivery.cancel();
    expect(upload.stop).toHaveBeenCalled();
    expect(copy.unwant).toHaveBeenCalled();
    expect(removeUpload).toHaveBeenCalledWith("http://localhost/uploads/abc", SETUP.csrf);
    await vi.advanceTimersByTimeAsync(0);
    expect(copy.forget).toHaveBeenCalled();
    expect(delivery.isSettled).toBe(true);
  });

  it("remembers to delete it there until the server has answered", async () => {
    vi.mocked(removeUpload).mockReturnValue(nothing);
    start(nothing);
    network().located("http://localhost/uploads/abc");
    delivery.cancel();
    await vi.advanceTimersByTimeAsync(0);
    expect(copy.forget).not.toHaveBeenCalled();
  });

  it("stays with the clinic when it is cancelled after its receipt", async () => {
    start(Promise.resolve("abc"));
    await delivery.complete([], {});
    delivery.cancel();
    expect(removeUpload).not.toHaveBeenCalled();
    expect(delivery.state.kind).toBe("received");
  });

  it("has its submission stopped once it is cancelled", async () => {
    start(Promise.resolve("abc"));
    vi.mocked(submitTake).mockImplementation(async (_address, _csrf, _take, _ago, _listener, signal) => {
      delivery.cancel();
      expect(signal.aborted).toBe(true);
      throw new NotWanted();
    });
    const shown = vi.spyOn(console, "error");
    await delivery.complete([], {});
    expect(changed).not.toHaveBeenCalled();
    expect(shown).not.toHaveBeenCalled();
    expect(delivery.isSettled).toBe(true);
  });

  it("falls silent once it is cancelled", () => {
    start(nothing);
    delivery.cancel();
    network().offline();
    expect(changed).not.toHaveBeenCalled();
  });
});
