// What the server tells of a patient's course, and what of it the person chose to see.

export interface Session {
  at: string;
  date: string;
  state: string;
  href: string;
}

/** Session (its place in `sessions`), value, SD, n, and why it stands beside the line, if it does. */
export type Point = [number, number, number | null, number, string?];

export interface Band {
  state: string;
  low: number;
  high: number;
}

export interface Measure {
  id: string;
  title: string;
  unit: string;
  bands: Band[];
  points: Point[];
}

/** ON less OFF of the first measure: of each pair the later session, the earlier, and the value. */
export interface Gap {
  title: string;
  unit: string;
  mean: number;
  pairs: [number, number, number][];
}

export interface Bar {
  from: string;
  until: string;
  text: string;
  words: string;
}

export interface Mark {
  at: string;
  date: string;
  words: string;
  text: string;
  href?: string;
}

export interface Lane {
  label: string;
  kind: string;
  bars: Bar[];
  marks: Mark[];
}

export interface Timeline {
  span: [string, string] | null;
  sessions: Session[];
  states: Record<string, string>;
  measures: Measure[];
  gap: Gap | null;
  lanes: Lane[];
}

/** Moments are what the clinic's clock showed. Read as UTC, so that the browser's zone is no matter. */
export function read(at: string): number {
  return Date.parse(at.includes("T") ? `${at}Z` : at);
}

/** What the person chose to see; `months` before the last session, null for all. `narrow` as a phone. */
export interface View {
  narrow: boolean;
  months: number | null;
  states: ReadonlySet<string>;
  measures: ReadonlySet<string>;
}

export type Range = [number, number];

export function within(at: string, [from, to]: Range): boolean {
  const moment = read(at);
  return from <= moment && moment <= to;
}

export function written(value: number): string {
  return String(Number(value.toPrecision(3)));
}
