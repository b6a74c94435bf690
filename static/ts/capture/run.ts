// Runs the cues of one take on the recording's own clock, and stamps where each fell.
import { NOW_HZ, RELAX_HZ, type Beeper } from "./beep";
import type { Task } from "./setup";
import { duration, momentAt, plannedCues, type Cue, type Moment, type Phase } from "./timeline";

/** When a change was planned, seen and heard, in seconds of stream time. */
interface Stamp {
  readonly phase: Phase;
  readonly planned: number;
  /** null: the page stood still until the next change was due. */
  readonly shown: number | null;
  /** null: there was no beep. */
  readonly heard: number | null;
}

export interface TakeTimes {
  /** Only those that were complete: the take may have been broken off. */
  readonly cues: readonly Cue[];
  readonly stamps: readonly Stamp[];
  readonly seconds: number;
}

export interface Clock {
  /** Resolves with the time of the next picture that the screen shows. */
  frame(): Promise<number>;
}

const pageClock: Clock = {
  frame: () => new Promise((resolve) => requestAnimationFrame(resolve)),
};

/** What shows the person the change. */
export interface Stage {
  show(moment: Moment): void;
  /** How much of the take is over, 0 to 1. */
  showPassed(share: number): void;
}

/** Runs until the task is over or `signal` is aborted; then the times so far are given. */
export async function runTake(
  task: Task,
  zero: number,
  stage: Stage,
  beeper: Beeper,
  signal: AbortSignal,
  clock: Clock = pageClock,
): Promise<TakeTimes> {
  const changes = plannedChanges(task);
  const beeps = changes.map(({ planned, hz }) => beeper.at(zero + planned * 1000, hz));
  const stamps: Stamp[] = [];
  let seconds = 0;
  let moment = momentAt(task, 0);
  stage.show(moment);
  while (moment.phase !== "over") {
    const frame = await frameOrAbort(clock, signal);
    if (frame === null) {
      beeper.cancel();
      break;
    }
    seconds = (frame - zero) / 1000;
    stage.showPassed(Math.min(1, seconds / duration(task)));
    const next = momentAt(task, seconds);
    if (next.phase !== moment.phase || next.index !== moment.index) {
      stage.show(next);
      const passed = changes.filter(({ planned }) => planned <= seconds);
      for (let at = stamps.length; at < passed.length; at += 1) {
        const shown = at === passed.length - 1 ? rounded(seconds) : null;
        const heard = toStream(beeps[at]!.heard(), zero);
        stamps.push({ phase: passed[at]!.phase, planned: passed[at]!.planned, shown, heard });
      }
    }
    moment = next;
  }
  return { cues: cuesOf(stamps), stamps, seconds: rounded(seconds) };
}

interface Change {
  readonly phase: Phase;
  readonly planned: number;
  readonly hz: number;
}

function plannedChanges(task: Task): Change[] {
  return plannedCues(task).flatMap(({ start, end }): Change[] => [
    { phase: "now", planned: start, hz: NOW_HZ },
    { phase: "relax", planned: end, hz: RELAX_HZ },
  ]);
}

/** A cue begins, and ends, with what the person could notice first: the beep or the picture. */
function cuesOf(stamps: readonly Stamp[]): Cue[] {
  const noticed = stamps.map(({ planned, shown, heard }) =>
    shown === null ? (heard ?? planned) : Math.min(shown, heard ?? shown),
  );
  return stamps.flatMap(({ phase }, at) =>
    phase === "now" && noticed[at + 1] !== undefined
      ? [{ start: noticed[at]!, end: noticed[at + 1]! }]
      : [],
  );
}

/** The time of the next picture; null once the signal is aborted. */
async function frameOrAbort(clock: Clock, signal: AbortSignal): Promise<number | null> {
  if (signal.aborted) return null;
  let aborted = () => undefined as void;
  const abort = new Promise<null>((resolve) => {
    aborted = () => resolve(null);
    signal.addEventListener("abort", aborted);
  });
  const time = await Promise.race([clock.frame(), abort]);
  signal.removeEventListener("abort", aborted);
  return signal.aborted ? null : time;
}

function toStream(time: number | null, zero: number): number | null {
  return time === null ? null : rounded((time - zero) / 1000);
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(3));
}
