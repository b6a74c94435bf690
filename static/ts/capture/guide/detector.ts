// The face detector as the guide asks it: in a worker where the browser lets it, else in the page.
import type { Face, Picture } from "./looks";
import type { Delegate } from "./vision";
import type { Answer, Question } from "./worker";

const OPEN_MS = 20_000;
const ANSWER_MS = 5_000;

export interface Detected {
  readonly faces: readonly Face[];
  readonly picture: Picture;
}

export interface Detector {
  readonly delegate: Delegate;
  readonly thread: "worker" | "page";
  /** One question at a time; `time` in ms only grows. Only the picture that comes back can be used. */
  detect(picture: ImageData, time: number): Promise<Detected>;
  close(): void;
}

/**
 * null where the browser cannot, or needs longer than 20 s. `assets`: the folder's address.
 * In the page, which then stands still for seconds, it is opened only once `quiet` resolves.
 */
export async function openDetector(
  assets: string,
  quiet: () => Promise<void>,
): Promise<Detector | null> {
  const late = new AbortController();
  const opening = inWorker(assets, late.signal).catch(async () => {
    await quiet();
    if (late.signal.aborted) throw new Error("it is too late for a detector in the page");
    return inPage(assets);
  });
  try {
    return await within(OPEN_MS, opening);
  } catch (error) {
    console.info("There is no live guidance.", error);
    late.abort();
    opening.then((detector) => detector.close()).catch(() => undefined);
    return null;
  }
}

async function inWorker(assets: string, late: AbortSignal): Promise<Detector> {
  const worker = new Worker(`${assets.replace(/\/$/, "")}/worker.js`);
  late.addEventListener("abort", () => worker.terminate());
  try {
    const opened = await ask(worker, { assets });
    if (!("delegate" in opened)) throw new Error("the worker has no detector");
    return {
      delegate: opened.delegate,
      thread: "worker",
      async detect({ data, width, height }, time) {
        const picture = { data, width, height };
        const answer = await within(ANSWER_MS, ask(worker, { picture, time }));
        if (!("faces" in answer)) throw new Error("the worker has no answer");
        return answer;
      },
      close: () => worker.terminate(),
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

function ask(worker: Worker, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ("failed" in data) reject(new Error(data.failed));
      else resolve(data);
    };
    worker.onerror = () => reject(new Error("the worker failed"));
    worker.postMessage(question, "picture" in question ? [question.picture.data.buffer] : []);
  });
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

async function inPage(assets: string): Promise<Detector> {
  const { Vision } = await import("./vision");
  const vision = await Vision.open(assets);
  return {
    delegate: vision.delegate,
    thread: "page",
    detect: async (picture, time) => ({ faces: vision.detect(picture, time), picture }),
    close: () => vision.close(),
  };
}
