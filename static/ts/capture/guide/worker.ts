// The detector apart from the page, which stays quick. MediaPipe loads its program by
// importScripts: this is a classic worker, bundled by itself.
import type { Face, Picture } from "./looks";
import { Vision, type Delegate } from "./vision";

export type Question =
  | { readonly assets: string }
  | { readonly picture: Picture; readonly time: number };
export type Answer =
  | { readonly delegate: Delegate }
  /** The picture comes back: its pixels went over, they were not copied. */
  | { readonly faces: readonly Face[]; readonly picture: Picture }
  | { readonly failed: string };

let vision: Vision | null = null;
const tell = postMessage as (answer: Answer, transfer: Transferable[]) => void;

async function answer(question: Question): Promise<Answer> {
  if ("assets" in question) {
    vision = await Vision.open(question.assets);
    return { delegate: vision.delegate };
  }
  const { picture, time } = question;
  const { data, width, height } = picture;
  const pixels = data as Uint8ClampedArray<ArrayBuffer>;
  return { faces: vision!.detect(new ImageData(pixels, width, height), time), picture };
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  answer(data)
    .catch((error: unknown): Answer => ({ failed: String(error) }))
    .then((said) => tell(said, "picture" in said ? [said.picture.data.buffer] : []));
});
