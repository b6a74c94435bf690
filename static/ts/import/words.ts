// What a row and the whole list say about how far they are.
import { isSettled, LEFT_OUT, type Clip } from "./clip";

export interface Said {
  readonly words: string;
  /** 0 to 100 while something goes on, else null. */
  readonly percent: number | null;
}

/** Of a clip on its way; empty words before anything has happened. */
export function stageWords({ stage }: Clip): Said {
  switch (stage.kind) {
    case "ready":
      return { words: "", percent: null };
    case "reading":
      return { words: `Reading the file, ${stage.percent} %`, percent: stage.percent };
    case "sending":
      return { words: `Sending, ${stage.percent} %`, percent: stage.percent };
    case "received":
      return { words: "Received", percent: null };
    default:
      return { words: stage.words, percent: null };
  }
}

/** Bytes of settled clips, in percent of all that is to be sent. */
export function overall(clips: readonly Clip[]): Said {
  const wanted = clips.filter((clip) => clip.task !== LEFT_OUT);
  const settled = wanted.filter(isSettled);
  const bytes = (some: readonly Clip[]) => some.reduce((sum, { file }) => sum + file.size, 0);
  const percent = Math.floor((100 * bytes(settled)) / Math.max(1, bytes(wanted)));
  return { words: `${settled.length} of ${count(wanted.length, "clip")} done`, percent };
}

/** How it ended: "3 clips received, 1 already here, 1 failed, 2 left out." */
export function summary(clips: readonly Clip[]): string {
  const wanted = clips.filter((clip) => clip.task !== LEFT_OUT);
  const of = (kind: string) => wanted.filter(({ stage }) => stage.kind === kind).length;
  const parts = [
    `${count(of("received"), "clip")} received`,
    ...some(of("known"), "not sent again"),
    ...some(of("failed"), "failed"),
    ...some(of("ready"), "not ready to be sent"),
    ...some(clips.length - wanted.length, "left out"),
  ];
  return `${parts.join(", ")}.`;
}

function some(number: number, words: string): string[] {
  return number > 0 ? [`${number} ${words}`] : [];
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
