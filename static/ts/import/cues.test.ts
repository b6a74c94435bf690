import { expect, it } from "vitest";
import { parseCues } from "./cues";

it("reads cue times as people write them", () => {
  expect(parseCues("2-5, 9.5 – 12;14 to 15")).toEqual([
    { start: 2, end: 5 },
    { start: 9.5, end: 12 },
    { start: 14, end: 15 },
  ]);
});

it("has no cues where none are written", () => {
  expect(parseCues("  ")).toEqual([]);
});

it.each(["two to five", "2", "5-2", "2-2", "2-5,", "2-5, 4-8", "9-12, 2-5", "-2-5"])(
  "cannot read %j",
  (text) => expect(parseCues(text)).toBeNull(),
);
