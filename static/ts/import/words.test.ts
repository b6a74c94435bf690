import { expect, it } from "vitest";
import { LEFT_OUT } from "./clip";
import { clip, file } from "./fixtures";
import { overall, summary } from "./words";

it("counts progress in bytes of what is sent", () => {
  const big = file("rest.mp4", "x".repeat(300));
  const clips = [
    clip("rest.mp4", { file: big, stage: { kind: "received" } }),
    clip("smile.mp4", { file: file("smile.mp4", "x".repeat(100)) }),
    clip("notes.txt"),
  ];
  expect(overall(clips)).toEqual({ words: "1 of 2 clips done", percent: 75 });
});

it("sums up what became of all", () => {
  const clips = [
    clip("rest.mp4", { stage: { kind: "received" } }),
    clip("talk.mp4", { stage: { kind: "known", words: "Already here", href: "/" } }),
    clip("smile.mp4", { stage: { kind: "failed", words: "No film." } }),
    clip("IMG_1.mp4"),
    clip("eyes.mp4", { task: LEFT_OUT }),
  ];
  expect(summary(clips)).toBe(
    "1 clip received, 1 not sent again, 1 failed, 1 not ready to be sent, 1 left out.",
  );
});
