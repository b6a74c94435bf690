// From what is seen to one piece of advice: the most important one, for as long as it can be read.
import { t } from "../translate";
import type { Look } from "./looks";

/** Limits and times by their names in diagnosis/quality.json. */
export interface Rules {
  readonly thresholds: Readonly<Record<string, number>>;
  readonly live: Readonly<Record<string, number>>;
}

export interface Advice {
  readonly code: string;
  readonly words: string;
  readonly blocks: boolean;
}

export interface GuideState {
  readonly advice: Advice | null;
  /** Nothing has blocked for `live.stable_s`. */
  readonly ready: boolean;
}

export interface Seen extends Look {
  /** Pictures in a second; null where the browser does not tell, or not yet. */
  readonly fps: number | null;
  /** Of the camera, in widths of the picture per second. */
  readonly motion: number | null;
}

interface Rule {
  readonly code: string;
  readonly blocks: boolean;
  readonly words: () => string;
  readonly applies: (seen: Seen, limits: Limits) => boolean;
}

const LOOKS = 5; // whose medians count: a single mistake of the detector does not

/** Tells on which side of its limit a value is. A rule that applies already lets go later. */
class Limits {
  constructor(
    private readonly rules: Rules,
    private readonly hasApplied: boolean,
  ) {}

  above(value: number | null, name: string, more = 0): boolean {
    return value !== null && value > (this.limit(name) + more) * (1 - this.slack);
  }

  below(value: number | null, name: string): boolean {
    return value !== null && value < this.limit(name) * (1 + this.slack);
  }

  /** A pose is measured roughly: the limit is wider than the server's. */
  beyond(degrees: number | null, name: string): boolean {
    return this.above(degrees, name, limitOf(this.rules.live, "pose_slack_degrees"));
  }

  private limit(name: string): number {
    return limitOf(name in this.rules.live ? this.rules.live : this.rules.thresholds, name);
  }

  private get slack(): number {
    return this.hasApplied ? limitOf(this.rules.live, "limit_slack") : 0;
  }
}

function limitOf(limits: Readonly<Record<string, number>>, name: string): number {
  const limit = limits[name];
  if (limit === undefined) throw new Error(`the page lacks the limit "${name}"`);
  return limit;
}

/** The most important first. Only the count and size of faces and the frame rate block. */
const RULES: readonly Rule[] = [
  {
    code: "too_dark_to_see",
    blocks: true,
    words: () => t("It is too dark to see you. Turn on a light in front of you, or face a window."),
    applies: (seen, limits) => seen.faces === 0 && limits.below(seen.luma, "luma_min"),
  },
  {
    code: "no_face",
    blocks: true,
    words: () => t("We cannot see your face. Sit in front of the camera, about an arm's length away."),
    applies: (seen) => seen.faces === 0,
  },
  {
    code: "two_faces",
    blocks: true,
    words: () => t("The camera sees more than one face. Please be alone in the picture."),
    applies: (seen) => seen.faces > 1,
  },
  {
    code: "face_too_small",
    blocks: true,
    words: () => t("Come closer to the camera."),
    applies: (seen, limits) =>
      limits.below(seen.height, "face_height_share_usable") ||
      limits.below(seen.heightPx, "face_height_px_usable"),
  },
  {
    code: "frame_rate_too_low",
    blocks: true,
    words: () => t("The camera is too slow. Turn on more light, and close other programs."),
    applies: (seen, limits) => limits.below(seen.fps, "fps_usable"),
  },
  {
    code: "camera_moves",
    blocks: false,
    words: () => t("Put your phone on a table and lean it against something."),
    applies: (seen, limits) => limits.above(seen.motion, "camera_motion_max"),
  },
  {
    code: "face_cut_off",
    blocks: false,
    words: () => t("Move so that the camera sees all of your face, from forehead to chin."),
    applies: (seen) => seen.cutOff,
  },
  {
    code: "face_large",
    blocks: false,
    words: () => t("Move a little away from the camera."),
    applies: (seen, limits) => limits.above(seen.height, "face_height_share_max"),
  },
  {
    code: "face_small",
    blocks: false,
    words: () => t("Come a little closer to the camera."),
    applies: (seen, limits) => limits.below(seen.height, "face_height_share_min"),
  },
  {
    code: "too_dark",
    blocks: false,
    words: () => t("Turn on a light in front of you, or face a window."),
    applies: (seen, limits) => limits.below(seen.luma, "luma_min"),
  },
  {
    code: "too_bright",
    blocks: false,
    words: () => t("Turn a little away from the lamp or the window: there is too much light."),
    applies: (seen, limits) => limits.above(seen.luma, "luma_max"),
  },
  {
    code: "uneven_light",
    blocks: false,
    words: () => t("Turn so that the window is in front of you."),
    applies: ({ lightRatio }, limits) =>
      lightRatio !== null &&
      limits.above(Math.max(lightRatio, 1 / lightRatio), "light_ratio_max"),
  },
  {
    code: "head_turned",
    blocks: false,
    words: () => t("Look straight into the camera."),
    applies: (seen, limits) => limits.beyond(size(seen.yaw), "yaw_degrees_max"),
  },
  {
    code: "camera_low",
    blocks: false,
    words: () => t("Put the camera a little higher, level with your eyes."),
    applies: (seen, limits) => limits.beyond(seen.pitch, "pitch_degrees_max"),
  },
  {
    code: "head_bowed",
    blocks: false,
    words: () => t("Lift your chin a little, or put the camera lower."),
    applies: ({ pitch }, limits) =>
      limits.beyond(pitch === null ? null : -pitch, "pitch_degrees_max"),
  },
  {
    code: "head_tilted",
    blocks: false,
    words: () => t("Hold your head upright, or put the camera straight."),
    applies: (seen, limits) => limits.beyond(size(seen.roll), "roll_degrees_max"),
  },
  {
    code: "low_frame_rate",
    blocks: false,
    words: () => t("More light makes your film smoother. Turn on a lamp if you can."),
    applies: (seen, limits) => limits.below(seen.fps, "fps_min"),
  },
  {
    code: "blurred",
    blocks: false,
    words: () => t("Wipe the camera with a soft cloth: the picture is blurred."),
    applies: (seen, limits) => limits.below(seen.sharpness, "sharpness_min"),
  },
];

/** Takes one look after the other and says what to tell. Times in seconds of any clock. */
export class Adviser {
  private recent: Seen[] = [];
  private readonly since = new Map<Rule, number>();
  private shown: { readonly rule: Rule; readonly at: number } | null = null;

  constructor(
    private readonly rules: Rules,
    private freeSince: number,
  ) {}

  note(seen: Seen, now: number): GuideState {
    this.recent = [...this.recent, seen].slice(-LOOKS);
    this.judge(steady(this.recent), now);
    if (RULES.some((rule) => rule.blocks && this.since.has(rule))) this.freeSince = now;
    const ready = now - this.freeSince >= limitOf(this.rules.live, "stable_s");
    this.choose(now, ready);
    return { advice: this.shown && adviceOf(this.shown.rule), ready };
  }

  private judge(seen: Seen, now: number): void {
    for (const rule of RULES) {
      const applies = rule.applies(seen, new Limits(this.rules, this.since.has(rule)));
      if (!applies) this.since.delete(rule);
      else if (!this.since.has(rule)) this.since.set(rule, now);
    }
  }

  private choose(now: number, ready: boolean): void {
    const { live } = this.rules;
    const stands = limitOf(live, "advice_stand_s");
    const next = RULES.find((rule) => now - (this.since.get(rule) ?? Infinity) >= stands) ?? null;
    const shown = this.shown;
    if (next === (shown?.rule ?? null)) return;
    const isRead = !shown || now - shown.at >= limitOf(live, "advice_hold_s");
    const isUrgent = next?.blocks && !shown?.rule.blocks;
    // What has blocked is not said any more once the film may start.
    const isOver = shown?.rule.blocks && ready;
    if (isRead || isUrgent || isOver) this.shown = next && { rule: next, at: now };
  }
}

function adviceOf({ code, words, blocks }: Rule): Advice {
  return { code, words: words(), blocks };
}

/** The median of each value over a few looks; unknown where most are. */
function steady(looks: readonly Seen[]): Seen {
  const of = (read: (seen: Seen) => number | null) => {
    const known = looks.map(read).filter((value) => value !== null);
    return 2 * known.length > looks.length ? median(known) : null;
  };
  return {
    faces: of((seen) => seen.faces) ?? 0,
    height: of((seen) => seen.height),
    heightPx: of((seen) => seen.heightPx),
    cutOff: of((seen) => Number(seen.cutOff)) === 1,
    luma: of((seen) => seen.luma) ?? 0,
    lightRatio: of((seen) => seen.lightRatio),
    sharpness: of((seen) => seen.sharpness),
    yaw: of((seen) => seen.yaw),
    pitch: of((seen) => seen.pitch),
    roll: of((seen) => seen.roll),
    fps: of((seen) => seen.fps),
    motion: of((seen) => seen.motion),
  };
}

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor((values.length - 1) / 2)]!;
}

function size(degrees: number | null): number | null {
  return degrees === null ? null : Math.abs(degrees);
}
