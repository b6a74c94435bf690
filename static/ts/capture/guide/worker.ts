// The detector apart from the page, which stays quick. MediaPipe loads its program by
// importScripts: this is a classic worker, bundled by itself.
import type { Face } from "./looks";
import { Vision, type Delegate } from "./vision";

export type Question =
  | { readonly assets: string }
  | { readonly picture: ImageData; readonly time: number };
export type Answer =
  | { readonly delegate: Delegate }
  | { readonly faces: readonly Face[] }
  | { readonly failed: string };

let vision: Vision | null = null;

async function answer(question: Question): Promise<Answer> {
  if ("assets" in question) {
    vision = await Vision.open(question.assets);
    return { delegate: vision.delegate };
  }
  return { faces: vision!.detect(question.picture, question.time) };
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  answer(data)
    .catch((error: unknown): Answer => ({ failed: String(error) }))
    .then((said) => postMessage(said));
});
