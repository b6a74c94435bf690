import { expect, it } from "vitest";
import { inOrder, LEFT_OUT, newClip } from "./clip";
import { file, SETUP } from "./fixtures";

it("takes day and task from the file, and leaves the state unsure", () => {
  const clip = newClip(file("smile.mov"), SETUP.tasks, "unsure");
  expect(clip).toMatchObject({ task: "smile", date: "2024-05-03", state: "unsure", cues: "" });
});

it("leaves out what is no film", () => {
  expect(newClip(file("smile.txt"), SETUP.tasks, "unsure").task).toBe(LEFT_OUT);
  expect(newClip(file(".DS_Store"), SETUP.tasks, "unsure").task).toBe(LEFT_OUT);
});

it("puts the older file first, since the later one counts", () => {
  const files = [file("b.mp4", "", 2000), file("c.mp4", "", 1000), file("a.mp4", "", 2000)];
  expect(inOrder(files).map(({ name }) => name)).toEqual(["c.mp4", "a.mp4", "b.mp4"]);
});
