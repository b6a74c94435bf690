// Which task a clip shows, as far as its name tells.
import type { ImportTask } from "./setup";

// Beginnings of words in names of files and folders, per code of a task.
const SIGNS: Readonly<Record<string, readonly string[]>> = {
  rest: ["rest", "neutral", "still", "baseline", "relaxed"],
  talk: ["talk", "speech", "speak", "spoken", "read", "monolog", "interview"],
  smile: ["smil", "happ", "joy", "grin"],
  surprise: ["surpris", "brow", "eyebrow"],
  eye_closure: ["eyeclos", "closur", "closed", "closing", "squeez", "shut"],
  disgust: ["disgust"],
  anger: ["anger", "angr", "frown"],
  sadness: ["sad"],
  fear: ["fear", "afraid", "scared"],
};

/** The code of the one task that the path speaks of; empty where it is none or several. */
export function guessTask(path: string, tasks: readonly ImportTask[]): string {
  const parts = path.replace(/\.\w+$/, "").split("/");
  // The file's own name first, then the folders from the inside out.
  for (const part of parts.reverse()) {
    const words = wordsOf(part);
    const found = tasks.filter(({ code }) =>
      (SIGNS[code] ?? []).some((sign) => words.some((word) => word.startsWith(sign))),
    );
    if (found.length > 0) return found.length === 1 ? found[0]!.code : "";
  }
  return "";
}

function wordsOf(name: string): string[] {
  const apart = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return apart.split(/[^a-z]+/).filter(Boolean);
}
