import { describe, expect, it } from "vitest";
import { NO_ZERO, NOT_A_FILM, obstacle, TWICE, UNCUED, warning } from "./checks";
import { LEFT_OUT } from "./clip";
import { clip, file, SETUP } from "./fixtures";

describe("what keeps a clip from being sent", () => {
  it("is nothing where all is known", () => {
    expect(obstacle(clip("smile.mp4", { cues: "2-5", seconds: 6 }), SETUP)).toBe("");
  });

  it.each([
    ["no film", clip("notes.txt"), NOT_A_FILM],
    ["no task", clip("IMG_1.mp4"), "Choose the task, or leave the clip out."],
    ["no day", clip("smile.mp4", { date: "" }), "Enter the day on which it was filmed."],
    ["a day to come", clip("smile.mp4", { date: "2999-01-01" }), "The day is in the future."],
    ["odd cue times", clip("smile.mp4", { cues: "five" }), "Write the cue times in seconds"],
    ["a cue after the end", clip("smile.mp4", { cues: "2-9", seconds: 8.7 }), "ends at 8 seconds"],
    ["a cue of sitting still", clip("rest.mp4", { cues: "2-5" }), UNCUED],
    ["its size", clip("smile.mp4", { file: file("smile.mp4", "x".repeat(1001)) }), "Larger than"],
    ["its length", clip("smile.mp4", { seconds: 14_400 }), "Longer than 10 minutes."],
    ["its emptiness", clip("smile.mp4", { file: file("smile.mp4", "") }), "The file is empty."],
  ])("can be %s", (_what, found, words) => {
    expect(obstacle(found, SETUP)).toContain(words);
  });

  it("does not matter for a clip that is left out", () => {
    expect(obstacle(clip("smile.mp4", { task: LEFT_OUT, date: "" }), SETUP)).toBe("");
  });
});

describe("a clip is sent with a warning", () => {
  it("where another one of its task is of the same day and state", () => {
    const [one, two] = [clip("rest.mp4"), clip("rest2.mp4")];
    expect(warning(one, [one, two], SETUP)).toBe(TWICE);
    two.state = "on";
    expect(warning(one, [one, two], SETUP)).toBe("");
  });

  it("where an expression has neither cue times nor a film of rest", () => {
    const [smile, rest] = [clip("smile.mp4"), clip("rest.mp4")];
    expect(warning(smile, [smile], SETUP)).toBe(NO_ZERO);
    expect(warning(smile, [smile, rest], SETUP)).toBe("");
    rest.date = "2024-05-04";
    expect(warning(smile, [smile, rest], SETUP)).toBe(NO_ZERO);
    smile.cues = "2-5";
    expect(warning(smile, [smile, rest], SETUP)).toBe("");
  });
});
