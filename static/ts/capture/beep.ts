// Cue beeps by WebAudio, scheduled ahead so that they sound when they are meant to.

export const NOW_HZ = 880;
export const RELAX_HZ = 440;
const LENGTH_S = 0.18;
const RAMP_S = 0.01;
const LOUDNESS = 0.5;
const WAKE_MS = 500;

export interface Beep {
  /** When it sounds by the clocks as they stand now (performance.now() time); null: it does not. */
  heard(): number | null;
}

export interface Beeper {
  /** Schedules a beep. */
  at(time: number, hz: number): Beep;
  /** Takes back the beeps that have not sounded yet. */
  cancel(): void;
}

interface SoundFacts {
  /** The state of the browser's sound; "none" where it has none. */
  readonly state: string;
  /** Which clock tells when a beep is heard. */
  readonly clock: "output timestamp" | "current time" | null;
  /** Seconds, as the browser tells them. */
  readonly output_latency: number | null;
  readonly base_latency: number | null;
}

const SILENCE: Beep = { heard: () => null };

export class AudioBeeper implements Beeper {
  private readonly audio = openAudio();
  private scheduled: OscillatorNode[] = [];

  constructor() {
    // A beep that has been held up would come at the wrong time.
    this.audio?.addEventListener("statechange", () => this.isRunning || this.cancel());
  }

  /** false where this browser has no sound at all. */
  get canSound(): boolean {
    return this.audio !== null;
  }

  /**
   * Lets the page sound: from a tap for the first time, as browsers ask, and again before each film
   * since phones silence a page that was left.
   */
  async wake(): Promise<void> {
    if (!this.audio || this.isRunning) return;
    const resumed = this.audio.resume().catch(() => undefined);
    await Promise.race([resumed, new Promise((done) => setTimeout(done, WAKE_MS))]);
  }

  at(time: number, hz: number): Beep {
    const { audio } = this;
    if (!audio || !this.isRunning) return SILENCE;
    const start = Math.max(audio.currentTime, time / 1000 + this.offset);
    const tone = this.play(audio, start, hz);
    const isSounding = () => this.isRunning && this.scheduled.includes(tone);
    return { heard: () => (isSounding() ? (start - this.offset) * 1000 : null) };
  }

  cancel(): void {
    for (const tone of this.scheduled) tone.stop();
    this.scheduled = [];
  }

  facts(): SoundFacts {
    const { audio } = this;
    return {
      state: audio?.state ?? "none",
      clock: audio && (this.outputTime ? "output timestamp" : "current time"),
      output_latency: audio?.outputLatency ?? null,
      base_latency: audio?.baseLatency ?? null,
    };
  }

  private get isRunning(): boolean {
    return this.audio?.state === "running";
  }

  private get outputTime(): AudioTimestamp | null {
    const told = this.audio?.getOutputTimestamp?.();
    return told?.performanceTime ? told : null;
  }

  /** Audio time minus page time in seconds, as heard at the loudspeaker where the browser knows it. */
  private get offset(): number {
    const { outputTime } = this;
    if (outputTime) return outputTime.contextTime! - outputTime.performanceTime! / 1000;
    return this.audio!.currentTime - performance.now() / 1000;
  }

  private play(audio: AudioContext, start: number, hz: number): OscillatorNode {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = hz;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + RAMP_S);
    volume.gain.setValueAtTime(LOUDNESS, start + LENGTH_S - RAMP_S);
    volume.gain.linearRampToValueAtTime(0, start + LENGTH_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + LENGTH_S);
    this.scheduled.push(tone);
    return tone;
  }
}

/** null where the browser gives no sound; films are made without beeps then. */
function openAudio(): AudioContext | null {
  const session = (navigator as { audioSession?: { type: string } }).audioSession;
  // Else the mute switch of an iPhone silences the beeps.
  if (session) session.type = "playback";
  try {
    return new AudioContext();
  } catch (error) {
    console.warn("This browser has no sound.", error);
    return null;
  }
}
