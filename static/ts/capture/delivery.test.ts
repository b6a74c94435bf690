import { beforeEach, describe, expect, it, vi } from "vitest";
import { Delivery } from "./delivery";
import { SETUP, SMILE } from "./fixtures";
import { SubmitRefused, submitTake } from "./submit";
import { FilmUpload, UploadRefused } from "./upload";

// The network is the outside world here: upload and submit have specs of their own.
vi.mock("./upload", async (original) => ({
  ...(await original<typeof import("./upload")>()),
  FilmUpload: vi.fn(),
}));
vi.mock("./submit", async (original) => ({
  ...(await original<typeof import("./submit")>()),
  submitTake: vi.fn(),
}));
vi.mock("./hash", () => ({ sha256: async () => "f00d" }));

const RECEIPT = { recording: "r", task: "smile", attempt: 1, sha256: "f00d", received: "" };

function uploadThat(arrived: Promise<string>) {
  const cancel = vi.fn().mockResolvedValue(undefined);
  vi.mocked(FilmUpload).mockImplementation(() => ({ arrived, cancel }) as unknown as FilmUpload);
  return cancel;
}

describe("the delivery of a take", () => {
  const changed = vi.fn();
  let delivery: Delivery;

  beforeEach(() => {
    vi.clearAllMocks();
    delivery = new Delivery(SMILE, SETUP, changed);
    delivery.film.add(new Blob(["0123456789"]));
  });

  it("ends with the clinic's receipt", async () => {
    uploadThat(Promise.resolve("abc"));
    vi.mocked(submitTake).mockResolvedValue(RECEIPT);
    delivery.begin("video/webm");
    await delivery.complete([{ start: 2, end: 4 }], { fps: 30 });
    expect(delivery.state).toEqual({ kind: "received", receipt: RECEIPT });
    expect(vi.mocked(submitTake).mock.calls[0]![2]).toEqual({
      upload: "abc",
      task: "smile",
      cues: [{ start: 2, end: 4 }],
      capture: { fps: 30 },
      sha256: "f00d",
    });
  });

  it.each([
    ["upload", new UploadRefused("Too large.")],
    ["submission", new SubmitRefused("It is empty.")],
  ])("tells why the %s is refused", async (step, refusal) => {
    uploadThat(step === "upload" ? Promise.reject(refusal) : Promise.resolve("abc"));
    vi.mocked(submitTake).mockRejectedValue(refusal);
    delivery.begin("video/webm");
    await delivery.complete([], {});
    expect(delivery.state).toEqual({ kind: "refused", words: refusal.message });
    expect(delivery.isSettled).toBe(true);
  });

  it("tells how much has been sent", () => {
    uploadThat(new Promise(() => undefined));
    delivery.begin("video/webm");
    vi.mocked(FilmUpload).mock.calls[0]![2].sent(4);
    expect(delivery.state).toEqual({ kind: "sending", percent: 40 });
    expect(changed).toHaveBeenCalled();
    expect(delivery.isSettled).toBe(false);
  });

  it("has its submission stopped once it is cancelled", async () => {
    uploadThat(Promise.resolve("abc"));
    vi.mocked(submitTake).mockImplementation(async (_address, _csrf, _take, _offline, signal) => {
      delivery.cancel();
      signal.throwIfAborted();
      return RECEIPT;
    });
    const shown = vi.spyOn(console, "error");
    delivery.begin("video/webm");
    await delivery.complete([], {});
    expect(changed).not.toHaveBeenCalled();
    expect(shown).not.toHaveBeenCalled();
    expect(delivery.isSettled).toBe(true);
  });

  it("falls silent once it is cancelled", () => {
    const cancel = uploadThat(new Promise(() => undefined));
    delivery.begin("video/webm");
    delivery.cancel();
    vi.mocked(FilmUpload).mock.calls[0]![2].offline();
    expect(cancel).toHaveBeenCalled();
    expect(changed).not.toHaveBeenCalled();
    expect(delivery.isSettled).toBe(true);
  });
});
