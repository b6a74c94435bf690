// What is wrong with a row before anything is sent, and what the person should know of it.
import { LEFT_OUT, localDate, sittingOf, type Clip } from "./clip";
import { parseCues } from "./cues";
import { filmMime } from "./formats";
import type { Setup } from "./setup";

export const NOT_A_FILM = "By its name this is no film that Mimia can read. It is left out.";
export const TWICE = "Two clips of one task on one day: only that of the newer file counts.";
export const NO_ZERO =
  "Without cue times it is measured only if a clip of sitting still, of the same day and state, " +
  "is imported with it, or has been before, then without a clip of this task. Add one, or cue times.";
export const UNCUED = "Sitting still and talking have no cue times: leave them empty.";

/** Why the clip cannot be sent as it stands; empty if it can. */
export function obstacle(clip: Clip, setup: Setup): string {
  if (filmMime(clip.file) === null) return NOT_A_FILM;
  if (clip.task === LEFT_OUT) return "";
  return tooMuch(clip, setup) || unfilled(clip) || badCues(clip, setup);
}

function tooMuch({ file, seconds }: Clip, setup: Setup): string {
  if (file.size === 0) return "The file is empty. Export the clip again, or leave it out.";
  if (file.size > setup.maxBytes) {
    return `Larger than ${megabytes(setup.maxBytes)}. Cut out the part with the task, or leave it out.`;
  }
  if (seconds !== null && seconds > setup.maxSeconds) {
    return `Longer than ${setup.maxSeconds / 60} minutes. Cut out the part with the task, or leave it out.`;
  }
  return "";
}

function unfilled(clip: Clip): string {
  if (clip.task === "") return "Choose the task, or leave the clip out.";
  if (clip.date === "") return "Enter the day on which it was filmed.";
  if (clip.date > localDate(new Date())) return "The day is in the future. Enter the day of the film.";
  return "";
}

function badCues(clip: Clip, setup: Setup): string {
  const cues = parseCues(clip.cues);
  if (cues === null) return "Write the cue times in seconds, in order: 2-5, 9-12.";
  if (cues.length > 0 && kindOf(clip, setup) !== "expression") return UNCUED;
  const last = cues.at(-1);
  if (last && clip.seconds !== null && last.end > clip.seconds) {
    return `The clip ends at ${Math.floor(clip.seconds)} seconds, before the last cue does.`;
  }
  return "";
}

/** What to know of the clip before it is sent; empty if there is nothing. */
export function warning(clip: Clip, clips: readonly Clip[], setup: Setup): string {
  if (clip.task === LEFT_OUT || clip.task === "") return "";
  const together = clips.filter(
    (other) => other.task !== LEFT_OUT && sittingOf(other) === sittingOf(clip),
  );
  if (together.filter((other) => other.task === clip.task).length > 1) return TWICE;
  const hasRest = together.some((other) => kindOf(other, setup) === "rest");
  const isCued = clip.cues.trim() !== "";
  return kindOf(clip, setup) === "expression" && !isCued && !hasRest ? NO_ZERO : "";
}

function kindOf({ task: code }: Clip, setup: Setup): string | undefined {
  return setup.tasks.find((task) => task.code === code)?.kind;
}

export function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
