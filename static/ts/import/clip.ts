// A file that was chosen, what is known of it, and how far it has come.
import { filmMime } from "./formats";
import { guessTask } from "./guess";
import type { ImportTask } from "./setup";

/** The task of a clip that is not sent. */
export const LEFT_OUT = "left-out";

export type Stage =
  | { readonly kind: "ready" }
  | { readonly kind: "reading"; readonly percent: number }
  | { readonly kind: "sending"; readonly percent: number }
  | { readonly kind: "waiting"; readonly words: string }
  | { readonly kind: "received" }
  | { readonly kind: "known"; readonly words: string; readonly href: string }
  | { readonly kind: "failed"; readonly words: string };

/** `task` is a task's code, LEFT_OUT, or empty until one is chosen; `date` is yyyy-mm-dd. */
export interface Clip {
  readonly file: File;
  /** null where the browser cannot tell the length. */
  seconds: number | null;
  task: string;
  date: string;
  state: string;
  cues: string;
  stage: Stage;
}

export function newClip(file: File, tasks: readonly ImportTask[], state: string): Clip {
  const task = filmMime(file) === null ? LEFT_OUT : guessTask(pathOf(file), tasks);
  const date = localDate(new Date(file.lastModified));
  return { file, seconds: null, task, date, state, cues: "", stage: { kind: "ready" } };
}

/** Clips of one sitting: the same date and state. */
export function sittingOf(clip: Clip): string {
  return `${clip.date} ${clip.state}`;
}

/** Nothing more happens to it, unless it is tried again. */
export function isSettled(clip: Clip): boolean {
  return clip.task === LEFT_OUT || ["received", "known", "failed"].includes(clip.stage.kind);
}

export function isBusy(clip: Clip): boolean {
  return ["reading", "sending", "waiting"].includes(clip.stage.kind);
}

/** The older file first: of two clips of a task the later one counts. */
export function inOrder(files: Iterable<File>): File[] {
  return [...files].sort(byAge);
}

/** Below 0 where `a` is the older file. */
export function byAge(a: File, b: File): number {
  return a.lastModified - b.lastModified || pathOf(a).localeCompare(pathOf(b));
}

function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

/** yyyy-mm-dd where the person is. */
export function localDate(day: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
