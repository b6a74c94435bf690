import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AudioBeeper, NOW_HZ, RELAX_HZ } from "./beep";

class FakeTone {
  frequency = { value: 0 };
  start = vi.fn();
  stop = vi.fn();
  connect = (next: unknown) => next;
}

/** An audio clock that reads 10 s when the page's reads 4 s; its sound is heard 20 ms late. */
class FakeAudio extends EventTarget {
  static last: FakeAudio;
  state = "running";
  currentTime = 10;
  outputLatency = 0.02;
  destination = {};
  tones: FakeTone[] = [];
  getOutputTimestamp?: () => AudioTimestamp = () => ({ contextTime: 9.98, performanceTime: 4000 });
  constructor() {
    super();
    FakeAudio.last = this;
  }
  resume = async () => this.turn("running");
  turn(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
  createOscillator = () => {
    const tone = new FakeTone();
    this.tones.push(tone);
    return tone;
  };
  createGain = () => ({
    gain: { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined },
    connect: (next: unknown) => next,
  });
}

describe("beeps", () => {
  beforeEach(() => {
    vi.stubGlobal("AudioContext", FakeAudio);
    vi.spyOn(performance, "now").mockReturnValue(4000);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("are heard at the time of the page's clock that was asked for", () => {
    const beep = new AudioBeeper().at(6000, NOW_HZ);
    expect(beep.heard()).toBeCloseTo(6000);
    expect(FakeAudio.last.tones[0]!.start.mock.calls[0]![0]).toBeCloseTo(11.98);
  });

  it("that are asked for too late tell when they will sound instead", () => {
    expect(new AudioBeeper().at(3000, NOW_HZ).heard()).toBeCloseTo(4020);
  });

  it("use the plain clocks where a browser does not tell its output's time", () => {
    const beeper = new AudioBeeper();
    expect(beeper.facts()).toMatchObject({ clock: "output timestamp", output_latency: 0.02 });
    FakeAudio.last.getOutputTimestamp = undefined;
    beeper.at(5000, NOW_HZ);
    expect(FakeAudio.last.tones[0]!.start.mock.calls[0]![0]).toBeCloseTo(11);
    expect(beeper.facts()).toMatchObject({ clock: "current time", base_latency: null });
  });

  it("are not promised while the browser keeps the page silent", () => {
    const beeper = new AudioBeeper();
    FakeAudio.last.turn("suspended");
    expect(beeper.at(6000, NOW_HZ).heard()).toBeNull();
  });

  it("that a phone call holds up are not heard, and do not come late", () => {
    const beeper = new AudioBeeper();
    const beep = beeper.at(6000, NOW_HZ);
    FakeAudio.last.turn("interrupted");
    expect(beep.heard()).toBeNull();
    FakeAudio.last.turn("running");
    expect(beep.heard()).toBeNull();
    expect(FakeAudio.last.tones[0]!.stop).toHaveBeenCalledTimes(2); // its planned end, and now
  });

  it("sound again after the page was silenced", async () => {
    const beeper = new AudioBeeper();
    FakeAudio.last.turn("interrupted");
    await beeper.wake();
    expect(beeper.at(6000, NOW_HZ).heard()).toBeCloseTo(6000);
  });

  it("are played, not rung: an iPhone's mute switch is not for them", () => {
    const audioSession = { type: "auto" };
    vi.stubGlobal("navigator", { audioSession });
    void new AudioBeeper();
    expect(audioSession.type).toBe("playback");
  });

  it("are left out where the browser has no sound at all", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.stubGlobal("AudioContext", undefined);
    const beeper = new AudioBeeper();
    await beeper.wake();
    expect(beeper.canSound).toBe(false);
    expect(beeper.at(6000, NOW_HZ).heard()).toBeNull();
    expect(beeper.facts()).toMatchObject({ state: "none", clock: null });
  });

  it("that have not sounded can be taken back", () => {
    const beeper = new AudioBeeper();
    beeper.at(6000, NOW_HZ);
    beeper.cancel();
    expect(FakeAudio.last.tones[0]!.stop).toHaveBeenCalledTimes(2);
  });

  it("are low enough for old ears, and tell now from relax", () => {
    expect(Math.max(NOW_HZ, RELAX_HZ)).toBeLessThan(2000);
    expect(NOW_HZ).toBeGreaterThan(RELAX_HZ);
  });
});
