import { afterEach, describe, expect, it, vi } from "vitest";
import { openDetector } from "./detector";
import type { Answer, Question } from "./worker";

/** A worker that sees one face; what is sent goes over as between real threads. */
class FakeWorker {
  onmessage: (event: { data: Answer }) => void = () => undefined;
  postMessage(question: Question, transfer: Transferable[]): void {
    const got = structuredClone(question, { transfer });
    const answer: Answer =
      "assets" in got
        ? { delegate: "cpu" }
        : { faces: [{ left: 0, top: 0, width: 1, height: 1, points: [] }], picture: got.picture };
    queueMicrotask(() => this.onmessage({ data: answer }));
  }
  terminate(): void {}
}

describe("the detector in a worker", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("gets the pixels themselves, and gives them back", async () => {
    vi.stubGlobal("Worker", FakeWorker);
    const detector = (await openDetector("/static/vision/", async () => undefined))!;
    const data = new Uint8ClampedArray(16).fill(7);
    const { faces, picture } = await detector.detect({ data, width: 2, height: 2 } as ImageData, 1);
    expect(faces).toHaveLength(1);
    expect(data).toHaveLength(0); // gone over, not copied
    expect(picture).toMatchObject({ width: 2, height: 2 });
    expect(picture.data).toHaveLength(16);
  });
});
