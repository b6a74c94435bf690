import { beforeEach, expect, it, vi } from "vitest";
import { ask, SIGNED_OUT } from "./ask";
import type { Clip } from "./clip";
import { clip, file, SETUP } from "./fixtures";
import { Importer } from "./importer";

interface Asked {
  readonly address: string;
  readonly body: Record<string, unknown>;
}

let asked: Asked[] = [];
let sent: string[] = [];
let discarded: string[] = [];
/** The answer to the nth question at an address, where it is another than the usual one. */
let answers: Record<string, (body: Record<string, unknown>) => [number, unknown] | undefined> = {};

vi.mock("./send", () => ({
  send: async (film: File) => {
    sent.push(film.name);
    return { id: `upload ${sent.length}`, discard: async () => void discarded.push(film.name) };
  },
}));

function usual(address: string, body: Record<string, unknown>): [number, unknown] {
  if (address === SETUP.sitting) {
    return [200, { id: `of ${body.date}`, href: "/sessions/1/", title: String(body.date) }];
  }
  return [200, { known: null }];
}

beforeEach(() => {
  [asked, sent, discarded, answers] = [[], [], [], {}];
  vi.stubGlobal("fetch", async (address: string, { body }: { body: string }) => {
    const told = JSON.parse(body) as Record<string, unknown>;
    asked.push({ address, body: told });
    const [status, json] = answers[address]?.(told) ?? usual(address, told);
    return new Response(JSON.stringify(json), { status });
  });
});

async function imported(...clips: Clip[]): Promise<Importer> {
  const importer = new Importer(SETUP, () => undefined);
  await importer.run(clips);
  return importer;
}

const questions = (address: string) => asked.filter((one) => one.address === address);

it("makes one session of the clips of a day and state, and finishes it", async () => {
  const rest = clip("rest.mp4");
  const smile = clip("smile.mp4", { file: file("smile.mp4", "other"), cues: "2-5" });
  const importer = await imported(rest, smile);
  expect([rest.stage.kind, smile.stage.kind]).toEqual(["received", "received"]);
  // The film of sitting still goes last: it joins the session of the others.
  expect(questions(SETUP.sitting).map(({ body }) => body)).toEqual([
    { date: "2024-05-03", medication: "unsure", task: "smile" },
    { date: "2024-05-03", medication: "unsure", task: "rest" },
  ]);
  expect(questions(SETUP.film)[0]!.body).toMatchObject({
    session: "of 2024-05-03",
    cues: [{ start: 2, end: 5 }],
  });
  expect(questions(SETUP.finish).map(({ body }) => body)).toEqual([{ session: "of 2024-05-03" }]);
  expect(importer.sittings.map(({ finished }) => finished)).toEqual([true]);
});

it("never tells a file's name", async () => {
  await imported(clip("Paul Patient smile.mp4"));
  expect(JSON.stringify(asked)).not.toContain("Paul");
});

it("sends nothing of what the clinic has, nor makes a session for it", async () => {
  answers[SETUP.known] = () => [200, { known: { words: "Already here: Smile", href: "/s/" } }];
  const smile = clip("smile.mp4");
  await imported(smile);
  expect(smile.stage).toEqual({ kind: "known", words: "Already here: Smile", href: "/s/" });
  expect([sent, questions(SETUP.sitting)]).toEqual([[], []]);
});

it("sends what was chosen twice once", async () => {
  const [one, two] = [clip("smile.mp4"), clip("smile2.mp4")];
  await imported(one, two);
  expect(sent).toEqual(["smile.mp4"]);
  expect(two.stage).toMatchObject({ kind: "known", words: expect.stringContaining("smile.mp4") });
});

it("goes on after a clip that is refused, keeps its session open, and can try it again", async () => {
  answers[SETUP.film] = ({ upload }) =>
    upload === "upload 1" ? [422, { error: "It holds no picture." }] : undefined;
  const rest = clip("rest.mp4");
  const smile = clip("smile.mp4", { file: file("smile.mp4", "other") });
  const importer = await imported(rest, smile);
  expect(smile.stage).toEqual({ kind: "failed", words: "It holds no picture." });
  expect([rest.stage.kind, discarded]).toEqual(["received", ["smile.mp4"]]);
  expect(questions(SETUP.finish)).toEqual([]);

  answers = {};
  smile.stage = { kind: "ready" };
  await importer.run([rest, smile]);
  expect(smile.stage.kind).toBe("received");
  expect([questions(SETUP.sitting).length, questions(SETUP.finish).length]).toEqual([2, 1]);
});

it("asks for each task where its clips go, and finishes all of these sessions once", async () => {
  answers[SETUP.sitting] = ({ task }) => [
    200,
    { id: task === "smile" ? "new" : "opened again", href: "/s/", title: "3 May 2024" },
  ];
  const clips = [
    clip("rest.mp4"),
    clip("talk.mp4", { file: file("talk.mp4", "a") }),
    clip("smile.mp4", { file: file("smile.mp4", "b") }),
    clip("smile 2.mp4", { file: file("smile 2.mp4", "c", 2e12), date: "2024-05-03" }),
  ];
  const importer = await imported(...clips);
  const films = questions(SETUP.film).map(({ body }) => body.session);
  expect(films.sort()).toEqual(["new", "new", "opened again", "opened again"]);
  expect(questions(SETUP.sitting).map(({ body }) => body.task).sort()).toEqual(["rest", "smile", "talk"]);
  const finished = questions(SETUP.finish).map(({ body }) => body.session);
  expect(finished.sort()).toEqual(["new", "opened again"]);
  expect(importer.sittings.map(({ id }) => id).sort()).toEqual(["new", "opened again"]);

  // What is finished takes no more: the server is asked again.
  const newer = { date: "2024-05-03", file: file("talk 2.mp4", "d", 2e12) };
  await importer.run([...clips, clip("talk 2.mp4", newer)]);
  expect(questions(SETUP.sitting).length).toBe(4);
  expect(importer.sittings.map(({ finished }) => finished)).toEqual([true, true]);
});

it("sends the older file first, in whatever order the files were chosen", async () => {
  const newer = clip("smile 2.mp4", { file: file("smile 2.mp4", "b", 2000) });
  const older = clip("smile.mp4", { file: file("smile.mp4", "a", 1000) });
  await imported(newer, older);
  expect(sent).toEqual(["smile.mp4", "smile 2.mp4"]);
});

it("does not let a clip that is tried again count before a newer one of its task", async () => {
  answers[SETUP.film] = ({ upload }) => (upload === "upload 1" ? [422, { error: "No." }] : undefined);
  const older = clip("smile.mp4", { file: file("smile.mp4", "a", 1000), date: "2024-05-03" });
  const newer = clip("smile 2.mp4", { file: file("smile 2.mp4", "b", 2000), date: "2024-05-03" });
  const importer = await imported(older, newer);
  older.stage = { kind: "ready" };
  await importer.run([older, newer]);
  expect(sent).toEqual(["smile.mp4", "smile 2.mp4"]);
  expect(older.stage).toMatchObject({ kind: "known", words: expect.stringContaining("smile 2.mp4") });
  expect(importer.sittings.map(({ finished }) => finished)).toEqual([true]);
});

it("asks again where the connection is dead", async () => {
  vi.useFakeTimers();
  let calls = 0;
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
    calls += 1;
    if (calls > 1) return Promise.resolve(new Response(JSON.stringify({ known: null })));
    return new Promise((_resolve, reject) => {
      signal!.addEventListener("abort", () => reject(new DOMException("hanging", "AbortError")));
    });
  });
  const answer = ask("/known/", () => "token", {}, () => undefined);
  await vi.advanceTimersByTimeAsync(600_000);
  vi.useRealTimers();
  expect([await answer, calls]).toEqual([{ known: null }, 2]);
});

it("finishes a session without its missing clip when asked to", async () => {
  answers[SETUP.film] = ({ upload }) => (upload === "upload 1" ? [422, {}] : undefined);
  const clips = [clip("rest.mp4"), clip("smile.mp4", { file: file("smile.mp4", "other") })];
  const importer = await imported(...clips);
  await importer.finishWithout();
  expect(importer.sittings.map(({ finished }) => finished)).toEqual([true]);
});

it("leaves alone what cannot be sent as it stands", async () => {
  const [unnamed, text] = [clip("IMG_1.mp4"), clip("notes.txt")];
  await imported(unnamed, text);
  expect([unnamed.stage.kind, text.stage.kind, asked]).toEqual(["ready", "ready", []]);
});

it("says so when nobody is signed in any more", async () => {
  vi.stubGlobal("fetch", async () => new Response("<html>", { status: 403 }));
  const smile = clip("smile.mp4");
  await imported(smile);
  expect(smile.stage).toEqual({ kind: "failed", words: SIGNED_OUT });
});

it("says so when the file has gone from the disk", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const smile = clip("smile.mp4");
  smile.file.stream = () => {
    throw new DOMException("gone", "NotReadableError");
  };
  await imported(smile);
  expect(smile.stage).toMatchObject({ kind: "failed", words: expect.stringContaining("Choose it") });
});
