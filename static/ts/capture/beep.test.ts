import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AudioBeeper, NOW_HZ, RELAX_HZ } from "./beep";

class FakeTone {
  frequency = { value: 0 };
  start = vi.fn();
  stop = vi.fn();
  connect = (next: unknown) => next;
}

/** An audio clock that reads 10 s when the page's reads 4 s; its sound is heard 20 ms late. */
class FakeAudio {
  static last: FakeAudio;
  state = "running";
  currentTime = 10;
  destination = {};
  tones: FakeTone[] = [];
  getOutputTimestamp?: () => AudioTimestamp = () => ({ contextTime: 9.98, performanceTime: 4000 });
  constructor() {
    FakeAudio.last = this;
  }
  resume = () => Promise.resolve();
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
    const heard = new AudioBeeper().at(6000, NOW_HZ);
    expect(heard).toBeCloseTo(6000);
    expect(FakeAudio.last.tones[0]!.start.mock.calls[0]![0]).toBeCloseTo(11.98);
  });

  it("that are asked for too late tell when they will sound instead", () => {
    const heard = new AudioBeeper().at(3000, NOW_HZ);
    expect(heard).toBeCloseTo(4020);
  });

  it("use the plain clocks where a browser does not tell its output's time", () => {
    const beeper = new AudioBeeper();
    FakeAudio.last.getOutputTimestamp = undefined;
    beeper.at(5000, NOW_HZ);
    expect(FakeAudio.last.tones[0]!.start.mock.calls[0]![0]).toBeCloseTo(11);
  });

  it("are not promised while the browser keeps the page silent", () => {
    const beeper = new AudioBeeper();
    FakeAudio.last.state = "suspended";
    expect(beeper.at(6000, NOW_HZ)).toBeNull();
  });

  it("that have not sounded can be taken back", () => {
    const beeper = new AudioBeeper();
    beeper.at(6000, NOW_HZ);
    beeper.cancel();
    expect(FakeAudio.last.tones[0]!.stop).toHaveBeenCalledTimes(2); // its planned end, and now
  });

  it("are low enough for old ears, and tell now from relax", () => {
    expect(Math.max(NOW_HZ, RELAX_HZ)).toBeLessThan(2000);
    expect(NOW_HZ).toBeGreaterThan(RELAX_HZ);
  });
});
