// Cue beeps by WebAudio, scheduled ahead so that they sound when they are meant to.

export const NOW_HZ = 880;
export const RELAX_HZ = 440;
const LENGTH_S = 0.18;
const RAMP_S = 0.01;
const LOUDNESS = 0.5;

export interface Beeper {
  /** Schedules a beep; returns when it will sound (performance.now() time), null if it cannot. */
  at(time: number, hz: number): number | null;
  /** Takes back the beeps that have not sounded yet. */
  cancel(): void;
}

export class AudioBeeper implements Beeper {
  private readonly audio = new AudioContext();
  private scheduled: OscillatorNode[] = [];

  /** Must be called from a tap: browsers let no page sound before. */
  async unlock(): Promise<void> {
    await Promise.race([this.audio.resume(), new Promise((done) => setTimeout(done, 500))]);
  }

  at(time: number, hz: number): number | null {
    if (this.audio.state !== "running") return null;
    const { offset } = this;
    const start = Math.max(this.audio.currentTime, time / 1000 + offset);
    this.play(start, hz);
    return (start - offset) * 1000;
  }

  cancel(): void {
    for (const tone of this.scheduled) tone.stop();
    this.scheduled = [];
  }

  /** Audio time minus page time in seconds, as heard at the loudspeaker where the browser knows it. */
  private get offset(): number {
    const heard = this.audio.getOutputTimestamp?.();
    if (heard?.performanceTime) return heard.contextTime! - heard.performanceTime / 1000;
    return this.audio.currentTime - performance.now() / 1000;
  }

  private play(start: number, hz: number): void {
    const tone = this.audio.createOscillator();
    const volume = this.audio.createGain();
    tone.frequency.value = hz;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + RAMP_S);
    volume.gain.setValueAtTime(LOUDNESS, start + LENGTH_S - RAMP_S);
    volume.gain.linearRampToValueAtTime(0, start + LENGTH_S);
    tone.connect(volume).connect(this.audio.destination);
    tone.start(start);
    tone.stop(start + LENGTH_S);
    this.scheduled.push(tone);
  }
}
