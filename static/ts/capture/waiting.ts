// The wait before a film: time to read, advice on the picture, and the start by itself or by hand.
import { listen, reasonOf } from "./abort";
import { watchFrames, watchUnplugged } from "./camera";
import type { Advice, Guide, GuideState } from "./guide/guide";
import { readingSeconds } from "./reading";
import type { Screen } from "./screen";
import type { Setup } from "./setup";
import type { Speaker } from "./speech";
import { decide, type Decision, type Situation, type StartedBy } from "./start";
import { t } from "./translate";

const TICK_MS = 250;

/** Why a film started, with the advice that was open then, and after how long a wait. */
export interface Start {
  readonly by: StartedBy;
  readonly advice: string | null;
  /** Seconds since the person was asked. */
  readonly waited_s: number;
}

export interface Waiter {
  readonly setup: Setup;
  readonly screen: Screen;
  readonly stream: MediaStream;
  readonly video: HTMLVideoElement;
  /** The person starts each film: nothing starts by itself. */
  readonly byMyself: boolean;
  /** null while it is still being opened. */
  readonly guide: () => Guide | null;
  /** null: nothing is read aloud. */
  readonly speaker: Speaker | null;
  /** Aborted when this page may record no more. */
  readonly closed: AbortSignal;
}

/**
 * Shows `panel` until its film should start; any other button gives its action.
 * Rejects with CameraLost when the camera goes away, and with the reason why the page is closed.
 */
export function waitToStart(panel: string, waiter: Waiter): Promise<Start | string> {
  return new Wait(waiter).run(panel);
}

class Wait {
  private shown = 0;
  private reading = 0;
  private isSpeaking = false;
  private readonly spoken = new Set<string>();
  private watched: Guide | null = null;
  private state: GuideState = { advice: null, ready: false };
  private by: StartedBy | null = null;
  private offered: Decision["button"] = null;

  constructor(private readonly waiter: Waiter) {}

  async run(panel: string): Promise<Start | string> {
    const { screen, stream, video, closed } = this.waiter;
    const over = new AbortController();
    const answer = screen.ask(panel);
    this.begin();
    const timer = setInterval(() => this.tick(panel), TICK_MS);
    const lost = new Promise<never>((_, reject) => {
      watchUnplugged(stream, reject, over.signal);
      watchFrames(video, reject, over.signal);
      listen(closed, "abort", () => reject(reasonOf(closed)), over.signal);
    });
    try {
      this.tick(panel);
      const action = await Promise.race([answer, lost]);
      return action === "start" ? this.start() : action;
    } finally {
      clearInterval(timer);
      over.abort();
      this.watched?.rest();
      this.waiter.speaker?.hush();
    }
  }

  private begin(): void {
    const text = this.waiter.screen.text();
    this.shown = performance.now();
    this.reading = readingSeconds(text);
    this.say(text);
  }

  /** Reads aloud, once, where this is wanted; nothing starts by itself meanwhile. */
  private say(text: string): void {
    const { speaker } = this.waiter;
    if (!speaker || this.isSpeaking || this.spoken.has(text)) return;
    this.spoken.add(text);
    this.isSpeaking = true;
    void speaker.say(text).then(() => {
      this.isSpeaking = false;
    });
  }

  private tick(panel: string): void {
    // Nobody reads a page that is not seen.
    if (document.hidden) this.shown = performance.now();
    this.watchGuide();
    const { setup, screen } = this.waiter;
    if (this.state.advice) this.say(this.state.advice.words);
    const now = this.situation();
    const { start_anyway_s: anyway, start_by_itself_s: byItself } = setup.guide.live;
    const { start, button } = decide(now, { anyway: anyway!, byItself: byItself! });
    this.offered = button;
    screen.offerStart(buttonWords(button));
    screen.advise(adviceWords(now, this.state.advice, setup.helped));
    if (start === "time") this.say(t("The film starts now."));
    if (start === null || this.isSpeaking) return;
    this.by = start;
    screen.pressIn(panel, "start");
  }

  private watchGuide(): void {
    const guide = this.waiter.guide();
    if (this.watched || !guide || guide.mode === "none") return;
    this.watched = guide;
    guide.watch((state) => {
      this.state = state;
    });
  }

  private situation(): Situation {
    const guide = this.waiter.guide();
    const { advice, ready } = this.state;
    return {
      guide: guide === null ? "loading" : guide.mode === "none" ? "none" : "guided",
      blocks: advice?.blocks ?? false,
      ready,
      waited: this.waited,
      isRead: !this.isSpeaking && this.waited >= this.reading,
      byHand: this.waiter.setup.helped || this.waiter.byMyself,
    };
  }

  private get waited(): number {
    return (performance.now() - this.shown) / 1000;
  }

  private start(): Start {
    return {
      by: this.by ?? this.offered ?? "button",
      advice: this.state.advice?.code ?? null,
      waited_s: Number(this.waited.toFixed(1)),
    };
  }
}

function buttonWords(button: Decision["button"]): string | null {
  if (button === null) return null;
  return button === "anyway" ? t("Start anyway") : t("Start now");
}

/** The one line: what to do better, else what happens next. */
function adviceWords(
  { guide, isRead, byHand }: Situation,
  advice: Advice | null,
  helped: boolean,
): string {
  if (advice) return advice.words;
  if (byHand && !helped) return t("When you are ready, press Start now.");
  if (byHand) return t("When you are both ready, press Start now.");
  if (!isRead) return t("This starts by itself when you have had time to read.");
  if (guide === "loading") return t("Getting ready …");
  return t("Good. Stay like this: it starts by itself.");
}
