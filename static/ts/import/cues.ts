// Cue times as people write them: "2-5, 9-12", in seconds of the clip.
import type { Cue } from "../capture/timeline";

const SPAN = /^(\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)$/;

/** The cues, none for an empty text; null where it cannot be read or they are not in order. */
export function parseCues(text: string): Cue[] | null {
  if (text.trim() === "") return [];
  const cues: Cue[] = [];
  for (const part of text.split(/[,;]/)) {
    const span = SPAN.exec(part.trim());
    if (span === null) return null;
    const cue = { start: Number(span[1]), end: Number(span[2]) };
    if (cue.start >= cue.end || cue.start <= (cues.at(-1)?.end ?? -1)) return null;
    cues.push(cue);
  }
  return cues;
}
