import { describe, expect, it } from "vitest";
import type { Beep, Beeper } from "./beep";
import { REST, SMILE } from "./fixtures";
import { runTake, type Clock } from "./run";
import type { Moment } from "./timeline";

const ZERO = 5000;

/** A screen of 60 pictures a second, as fast as the test can turn it. */
class FakeClock implements Clock {
  time = ZERO;
  onFrame: (seconds: number) => void = () => undefined;
  frame = () => {
    this.time += 1000 / 60;
    this.onFrame((this.time - ZERO) / 1000);
    return Promise.resolve(this.time);
  };
}

class FakeBeeper implements Beeper {
  cancelled = false;
  silent = false;
  readonly asked: Array<[number, number]> = [];
  constructor(private readonly late: number | null) {}
  at(time: number, hz: number): Beep {
    this.asked.push([time, hz]);
    const { late } = this;
    return { heard: () => (late === null || this.silent ? null : time + late) };
  }
  cancel(): void {
    this.cancelled = true;
  }
}

/** Runs a task; it is broken off after `abortAt` seconds. */
function run(task = SMILE, beeper = new FakeBeeper(5), abortAt = Infinity) {
  const shown: Moment[] = [];
  const passed: number[] = [];
  const stage = {
    show: (moment: Moment) => shown.push(moment),
    showPassed: (share: number) => passed.push(share),
  };
  const stop = new AbortController();
  const clock = new FakeClock();
  clock.onFrame = (seconds) => seconds >= abortAt && stop.abort();
  return { shown, passed, beeper, clock, times: runTake(task, ZERO, stage, beeper, stop.signal, clock) };
}

describe("running a take", () => {
  it("schedules all beeps on the recording's clock, below 2 kHz", async () => {
    const { beeper, times } = run();
    await times;
    expect(beeper.asked.map(([time]) => time - ZERO)).toEqual([2000, 4000, 6000, 8000]);
    for (const [, hz] of beeper.asked) expect(hz).toBeLessThan(2000);
  });

  it("stamps each change as planned, shown and heard", async () => {
    const { stamps } = await run().times;
    expect(stamps.map((stamp) => stamp.planned)).toEqual([2, 4, 6, 8]);
    expect(stamps.map((stamp) => stamp.heard)).toEqual([2.005, 4.005, 6.005, 8.005]);
    for (const { planned, shown } of stamps) {
      expect(shown).toBeGreaterThanOrEqual(planned);
      expect(shown).toBeLessThan(planned + 0.018);
    }
  });

  it("lets a cue begin with the beep when the picture comes later", async () => {
    const { cues, stamps } = await run(SMILE, new FakeBeeper(0)).times;
    expect(cues).toEqual([
      { start: 2, end: 4 },
      { start: 6, end: 8 },
    ]);
    expect(stamps).toHaveLength(4);
  });

  it("lets a cue begin with the picture when no beep can sound", async () => {
    const { cues, stamps } = await run(SMILE, new FakeBeeper(null)).times;
    expect(stamps.every((stamp) => stamp.heard === null)).toBe(true);
    expect(cues[0]!.start).toBe(stamps[0]!.shown);
  });

  it("stamps no beep as heard that was silenced meanwhile", async () => {
    const { beeper, clock, times } = run();
    clock.onFrame = (seconds) => (beeper.silent = seconds > 5);
    expect((await times).stamps.map(({ heard }) => heard)).toEqual([2.005, 4.005, null, null]);
  });

  it.each([
    ["heard", 0, [{ start: 2, end: 4 }, { start: 6, end: 8 }]],
    ["planned", null, [{ start: 2, end: 4 }, { start: 6, end: expect.closeTo(8.5, 1) }]],
  ])("stamps every change that a page passed that stood still, as it was %s", async (_, late, cues) => {
    const { clock, times } = run(SMILE, new FakeBeeper(late));
    clock.onFrame = (seconds) => {
      if (seconds > 3.9 && seconds < 4) clock.time = ZERO + 8500;
    };
    const took = await times;
    expect(took.stamps.map(({ planned }) => planned)).toEqual([2, 4, 6, 8]);
    expect(took.stamps.slice(1, 3).map(({ shown }) => shown)).toEqual([null, null]);
    expect(took.cues[0]!.start).toBeCloseTo(2, 1);
    expect(took.cues.slice(1)).toEqual(cues.slice(1));
    expect(took.cues[0]!.end).toBe(4);
  });

  it("shows every phase once, in order", async () => {
    const { shown, times } = run();
    await times;
    expect(shown.map(({ phase }) => phase)).toEqual(["lead", "now", "relax", "now", "relax", "over"]);
  });

  it("keeps a rest task free of cues and beeps", async () => {
    const { beeper, times } = run(REST);
    expect((await times).cues).toEqual([]);
    expect(beeper.asked).toEqual([]);
    expect((await times).seconds).toBeGreaterThanOrEqual(8);
  });

  it("tells how much of the take is over", async () => {
    const { passed, times } = run(REST);
    await times;
    expect(passed[0]).toBeCloseTo(0, 1);
    expect(passed.at(-1)).toBe(1);
  });

  it("gives the cues that were complete when it is broken off, and silences the rest", async () => {
    const { beeper, times } = run(SMILE, new FakeBeeper(0), 7);
    const { cues, stamps, seconds } = await times;
    expect(cues).toEqual([{ start: 2, end: 4 }]);
    expect(stamps.map(({ phase }) => phase)).toEqual(["now", "relax", "now"]);
    expect(seconds).toBeCloseTo(7, 1);
    expect(beeper.cancelled).toBe(true);
  });

  it("gives nothing when it is broken off at once", async () => {
    const { cues, stamps, seconds } = await run(SMILE, new FakeBeeper(0), 0).times;
    expect({ cues, stamps, seconds }).toEqual({ cues: [], stamps: [], seconds: 0 });
  });
});
