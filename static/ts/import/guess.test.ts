import { expect, it } from "vitest";
import { SETUP } from "./fixtures";
import { guessTask } from "./guess";

it.each([
  ["smile.mp4", "smile"],
  ["Visit2_Smiling-take3.MOV", "smile"],
  ["IMG_2041_eyeClosure.avi", "eye_closure"],
  ["at rest.gif", "rest"],
  ["2024/smile/IMG_0001.mov", "smile"],
  ["smile/rest.mp4", "rest"], // the file's own name says more than its folder's
])("%s is taken for %s", (path, task) => {
  expect(guessTask(path, SETUP.tasks)).toBe(task);
});

it.each(["IMG_0001.mov", "arrested.mp4", "smile_and_rest.mp4", "surprise.mp4"])(
  "nothing is guessed from %s: no task of the list, or several",
  (path) => expect(guessTask(path, SETUP.tasks)).toBe(""),
);
