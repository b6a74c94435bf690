// When a film starts: by itself as soon as the face is well in the picture, or by a button.

/** What a start is put down to; "anyway" and "time" say that something still blocked. */
export type StartedBy = "ready" | "button" | "anyway" | "time" | "unguided";

export interface Situation {
  /** "loading": it is not known yet whether the picture can be judged. */
  readonly guide: "loading" | "guided" | "none";
  /** Something is wrong with the picture that a film should not start with. */
  readonly blocks: boolean;
  /** Nothing has blocked for long enough. */
  readonly ready: boolean;
  /** Seconds since the person was asked. */
  readonly waited: number;
  /** The text could have been read, or has been read aloud. */
  readonly isRead: boolean;
  /** Somebody presses the buttons: nothing starts by itself. */
  readonly byHand: boolean;
}

export interface Limits {
  readonly anyway: number; // seconds
  readonly byItself: number; // seconds
}

export interface Decision {
  /** Start now, for this reason. */
  readonly start: StartedBy | null;
  /** The button that is offered meanwhile, by what it would count as. */
  readonly button: "button" | "anyway" | null;
}

export function decide(now: Situation, limits: Limits): Decision {
  return { start: now.byHand ? null : ownStart(now, limits), button: offered(now, limits) };
}

function ownStart(now: Situation, limits: Limits): StartedBy | null {
  const { guide, ready, waited, isRead } = now;
  if (!isRead || guide === "loading") return null;
  if (guide === "none") return "unguided";
  if (ready) return "ready";
  return waited >= limits.byItself ? "time" : null;
}

function offered({ blocks, waited }: Situation, limits: Limits): Decision["button"] {
  if (!blocks) return "button";
  return waited >= limits.anyway ? "anyway" : null;
}
