import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NO_CONNECTION, SIGNED_OUT } from "./ask";
import { file, SETUP } from "./fixtures";
import { send } from "./send";

// Each start of the stand-in client meets the next of these fates; the last is success.
type Fate = { status: number; body?: string };
let fates: Fate[] = [];
let uploads: FakeUpload[] = [];

interface Options {
  chunkSize: number;
  metadata: Record<string, string>;
  storeFingerprintForResuming: boolean;
  onChunkComplete(part: number, accepted: number): void;
  onBeforeRequest(request: unknown): void;
  onSuccess(): void;
  onError(error: unknown): void;
}

class FakeUpload {
  url: string | null = null;
  begun = 0;
  deleted = false;
  readonly sizes: number[] = [];

  constructor(
    readonly file: File,
    readonly options: Options,
  ) {
    uploads.push(this);
  }

  start(): void {
    if (this.url === null) this.begun += 1;
    this.url ??= "/uploads/7";
    this.sizes.push(this.options.chunkSize);
    const fate = fates.shift();
    queueMicrotask(() => {
      if (fate) return this.options.onError(failure(fate));
      this.options.onChunkComplete(4, this.file.size);
      this.options.onSuccess();
    });
  }

  async abort(deletes: boolean): Promise<void> {
    this.deleted = deletes;
  }
}

function failure({ status, body = "" }: Fate): object {
  return { originalResponse: { getStatus: () => status, getBody: () => body } };
}

vi.mock("tus-js-client", () => ({
  Upload: function (film: File, options: Options) {
    return new FakeUpload(film, options);
  },
}));

beforeEach(() => {
  vi.useFakeTimers();
  fates = [];
  uploads = [];
});
afterEach(() => vi.useRealTimers());

const TO = { session: "5e55", task: "smile", mime: "video/mp4" };

const MIB = 1024 * 1024;
const TOO_LARGE = { status: 413, body: "<h1>413 Request Entity Too Large</h1>" };

async function sending(maxPatch = SETUP.maxPatch) {
  const heard: string[] = [];
  const end = send(file("Paul Patient.mp4"), TO, { ...SETUP, maxPatch }, {
    sent: (bytes) => heard.push(`${bytes} bytes`),
    waiting: (words) => heard.push(words),
  }).then(
    (sent) => sent.id,
    (error: Error) => error.message,
  );
  await vi.runAllTimersAsync();
  return { end: await end, heard };
}

it("sends a file without ever telling or storing its name", async () => {
  const { end, heard } = await sending();
  expect([end, heard]).toEqual(["7", ["4 bytes"]]);
  expect(uploads[0]!.options.storeFingerprintForResuming).toBe(false);
  expect(JSON.stringify(uploads[0]!.options)).not.toContain("Paul");
});

it("goes on after a lost network where it stopped", async () => {
  fates = [{ status: 0 }, { status: 0 }];
  const { end, heard } = await sending();
  expect([end, heard]).toEqual(["7", [NO_CONNECTION, NO_CONNECTION, "4 bytes"]]);
  expect(uploads[0]!.begun).toBe(1);
});

it("tells why a full server lets it wait", async () => {
  fates = [{ status: 507, body: "The clinic's computer is full." }];
  const { end, heard } = await sending();
  expect([end, heard[0]]).toEqual(["7", expect.stringContaining("tell who runs the site")]);
});

it("sends parts half as large where a proxy lets no larger ones through", async () => {
  fates = [TOO_LARGE, TOO_LARGE];
  const { end, heard } = await sending(2 * MIB);
  expect([end, heard]).toEqual(["7", ["4 bytes"]]);
  expect([uploads[0]!.sizes, uploads[0]!.begun]).toEqual([[MIB, MIB / 2, MIB / 4], 1]);
});

it("asks for a larger limit where a proxy lets not even small parts through", async () => {
  fates = Array<Fate>(9).fill(TOO_LARGE);
  expect((await sending(2 * MIB)).end).toContain("client_max_body_size");
  expect([uploads[0]!.sizes.at(-1), uploads[0]!.deleted]).toEqual([MIB / 16, true]);
});

it("sends smaller parts through a bad network", async () => {
  fates = [{ status: 0 }];
  await sending(2 * MIB);
  expect(uploads[0]!.sizes).toEqual([MIB, MIB / 2]);
});

it("takes a connection on which nothing moves for dead", async () => {
  await sending();
  const xhr = { timeout: 0, upload: new EventTarget() };
  const setHeader = vi.fn();
  uploads[0]!.options.onBeforeRequest({ getUnderlyingObject: () => xhr, setHeader });
  expect(setHeader).toHaveBeenCalledWith("X-CSRFToken", "token"); // as the cookie has it by then
  expect(xhr.timeout).toBeGreaterThan(0);
});

it("begins anew where the server has lost the upload", async () => {
  fates = [{ status: 410 }];
  expect((await sending()).end).toBe("7");
  expect(uploads[0]!.begun).toBe(2);
});

it.each([
  [{ status: 413, body: "The film is too large. Film it again." }, "Cut out the part with the task"],
  [{ status: 403, body: "Please agree first, then film." }, "has not agreed to be recorded"],
  [{ status: 422, body: "This film can no longer be taken." }, "This session is finished."],
  [{ status: 404, body: "<html>" }, SIGNED_OUT],
  [{ status: 418, body: "<html>" }, "did not take the clip (418)"],
])("gives up with the reason and has the server delete it: %j", async (fate, words) => {
  fates = [fate];
  expect((await sending()).end).toContain(words);
  expect(uploads[0]!.deleted).toBe(true);
});
