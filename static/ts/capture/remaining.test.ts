import { describe, expect, it } from "vitest";
import { REST, SMILE } from "./fixtures";
import { minutesWords, placeWords } from "./remaining";

const LONG = { ...REST, leadIn: 40 };

describe("where the person stands in the whole", () => {
  it("names the film and about how long the rest takes", () => {
    expect(placeWords([LONG, LONG, SMILE], 0)).toBe("Film 1 of 3 · about 3 minutes left");
    expect(placeWords([LONG, LONG, SMILE], 2)).toBe("Film 3 of 3 · about 1 minute left");
  });

  it("counts the minutes of the films that are still to be made", () => {
    const tasks = [SMILE, { ...LONG }, { ...LONG }];
    expect(placeWords(tasks, 0, [SMILE])).toBe("Film 1 of 3 · about 1 minute left");
  });

  it("never promises less than a minute", () => {
    expect(minutesWords([])).toBe("about 1 minute left");
  });
});
