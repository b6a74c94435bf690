// When a take asks for what: pure functions of a task and of seconds since the recording began.
import type { Task } from "./setup";

export type Phase = "lead" | "now" | "relax" | "over";

/** `index` counts the repeats from 0; it is -1 before the first. */
export interface Moment {
  readonly phase: Phase;
  readonly index: number;
}

/** Seconds of stream time. */
export interface Cue {
  readonly start: number;
  readonly end: number;
}

export function duration(task: Task): number {
  return task.leadIn + task.repeats * (task.now + task.relax);
}

export function plannedCues(task: Task): Cue[] {
  return Array.from({ length: task.repeats }, (_, index) => {
    const start = task.leadIn + index * (task.now + task.relax);
    return { start, end: start + task.now };
  });
}

export function momentAt(task: Task, seconds: number): Moment {
  if (seconds >= duration(task)) return { phase: "over", index: task.repeats - 1 };
  const cues = plannedCues(task);
  for (let index = cues.length - 1; index >= 0; index -= 1) {
    const cue = cues[index]!;
    if (seconds >= cue.end) return { phase: "relax", index };
    if (seconds >= cue.start) return { phase: "now", index };
  }
  return { phase: "lead", index: -1 };
}
