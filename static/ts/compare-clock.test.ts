import { describe, expect, it } from "vitest";
import { Clock, correction, TOLERANCE, type Side, type Source } from "./compare-clock";

/** A film that plays only when told `pass`, at its own speed; seeking takes until `arrive`. */
class Film implements Source {
  paused = true;
  seeking = false;
  readyState = 4;
  playbackRate = 1;
  seeks: number[] = [];
  private at = 0;

  constructor(public duration: number) {}

  get currentTime(): number {
    return this.at;
  }

  set currentTime(t: number) {
    this.seeks.push(t);
    this.at = t;
  }

  play(): void {
    this.paused = false;
  }

  pause(): void {
    this.paused = true;
  }

  pass(seconds: number): void {
    if (!this.paused) this.at = Math.min(this.duration, this.at + seconds * this.playbackRate);
  }
}

function pair(): { films: [Film, Film]; clock: Clock; sides: Side[] } {
  const films: [Film, Film] = [new Film(10), new Film(23)];
  const sides = [{ source: films[0], zero: 2 }, { source: films[1], zero: 2.75 }];
  return { films, clock: new Clock(sides), sides };
}

/** Ticks every 20 ms for so long; `lag` is how much slower the second film runs. */
function run(clock: Clock, films: readonly Film[], from: number, to: number, lag = 0): void {
  for (let now = from; now <= to; now += 20) {
    clock.tick(now);
    films.forEach((film, i) => film.pass(0.02 * (i === 1 ? 1 - lag : 1)));
  }
}

describe("two films on one clock", () => {
  it("stand at their own cue when the clock is at zero", () => {
    const { films, clock } = pair();
    clock.seek(0);
    expect(clock.tick(0)).toBe(false);
    expect(films.map((film) => film.currentTime)).toEqual([2, 2.75]);
  });

  it("span the time from the first beginning to the last end", () => {
    expect(pair().clock.span).toEqual([-2.75, 20.25]);
  });

  it("are sought only as far as they go", () => {
    const { films, clock } = pair();
    clock.seek(15);
    clock.tick(0);
    expect(films.map((film) => film.currentTime)).toEqual([10, 17.75]);
    clock.seek(99);
    expect(clock.time).toBe(20.25);
    clock.seek(-99);
    clock.tick(0);
    expect(films.map((film) => film.currentTime)).toEqual([0.0, 0]);
  });

  it("stay in step though one runs slower", () => {
    const { films, clock } = pair();
    clock.play();
    run(clock, films, 0, 5000, 0.04);
    const [first, second] = films.map((film) => film.currentTime);
    expect(clock.time).toBeCloseTo(5, 1);
    expect(Math.abs((first ?? 0) - 2 - ((second ?? 0) - 2.75))).toBeLessThan(TOLERANCE + 0.02);
    expect(films[1].playbackRate).toBeGreaterThan(1);
  });

  it("are brought together by a jump when far apart", () => {
    const { films, clock } = pair();
    clock.play();
    run(clock, films, 0, 1000);
    films[1].seeks = [];
    films[1].currentTime = 9;
    run(clock, films, 1020, 1100);
    expect(films[1].seeks).toHaveLength(2); // the test's own, and the clock's
    expect(films[1].currentTime - 2.75).toBeCloseTo(clock.time, 1);
  });

  it("wait for the one whose pictures have not come", () => {
    const { films, clock } = pair();
    clock.play();
    run(clock, films, 0, 1000);
    films[1].readyState = 2;
    run(clock, [films[0]], 1020, 3000);
    expect(clock.time).toBeCloseTo(1, 1);
    expect(films[0].paused).toBe(true);
    films[1].readyState = 4;
    run(clock, films, 3020, 4000);
    expect(clock.time).toBeCloseTo(2, 1);
    expect(films[0].paused).toBe(false);
  });

  it("let the longer go on alone to its end, and stop there", () => {
    const { films, clock } = pair();
    clock.seek(7);
    clock.play();
    run(clock, films, 0, 2000);
    expect(films.map((film) => film.paused)).toEqual([true, false]);
    run(clock, films, 2020, 15_000);
    expect(clock.playing).toBe(false);
    expect(clock.tick(15_020)).toBe(false);
    expect(films.map((film) => film.paused)).toEqual([true, true]);
  });

  it("begin again when played from the end", () => {
    const { clock } = pair();
    clock.seek(99);
    clock.play();
    expect(clock.time).toBe(-2.75);
  });

  it("do not wait for a side that has nothing to show, or nothing yet", () => {
    const { films, sides } = pair();
    const clock = new Clock([...sides, { source: null, zero: 0 }, { source: new Film(NaN), zero: 0 }]);
    clock.play();
    run(clock, films, 0, 1000);
    expect(clock.time).toBeCloseTo(1, 1);
  });

  it("are not sought again while a seek is under way", () => {
    const { films, clock } = pair();
    films[0].seeking = true;
    clock.seek(1);
    expect(clock.tick(0)).toBe(true);
    expect(films[0].seeks).toEqual([]);
    films[0].seeking = false;
    clock.tick(20);
    expect(films[0].seeks).toEqual([3]);
  });
});

describe("the correction of drift", () => {
  it("leaves films alone within the tolerance", () => {
    expect(correction(TOLERANCE)).toBe(1);
    expect(correction(-TOLERANCE)).toBe(1);
  });

  it("slows what is ahead and hastens what is behind, by a quarter at most", () => {
    expect(correction(0.1)).toBeCloseTo(0.8);
    expect(correction(-0.1)).toBeCloseTo(1.2);
    expect(correction(5)).toBe(0.75);
    expect(correction(-5)).toBe(1.25);
  });
});
