import { describe, expect, it } from "vitest";
import { REST, SMILE } from "./fixtures";
import { duration, momentAt, plannedCues } from "./timeline";

describe("the timeline of a task", () => {
  it("gives each repeat its cue after the lead-in", () => {
    expect(plannedCues(SMILE)).toEqual([
      { start: 2, end: 4 },
      { start: 6, end: 8 },
    ]);
    expect(duration(SMILE)).toBe(10);
  });

  it("goes from lead through now and relax to over", () => {
    const phases = [0, 1.99, 2, 3.99, 4, 5.99, 6, 8, 9.99, 10].map((at) => {
      const { phase, index } = momentAt(SMILE, at);
      return `${phase} ${index}`;
    });
    expect(phases).toEqual([
      "lead -1", "lead -1", "now 0", "now 0", "relax 0", "relax 0", "now 1", "relax 1", "relax 1", "over 1",
    ]);
  });

  it("leaves a rest task without cues", () => {
    expect(plannedCues(REST)).toEqual([]);
    expect(momentAt(REST, 7.9).phase).toBe("lead");
    expect(momentAt(REST, 8).phase).toBe("over");
  });
});
