import { describe, expect, it } from "vitest";
import { decide, type Situation } from "./start";

const LIMITS = { anyway: 15, byItself: 30 };
const NOW: Situation = { guide: "guided", blocks: false, ready: false, waited: 5, isRead: true, byHand: false };
const at = (situation: Partial<Situation>) => decide({ ...NOW, ...situation }, LIMITS);

describe("when a film starts", () => {
  it("starts by itself once nothing has blocked for long enough", () => {
    expect(at({})).toEqual({ start: null, button: "button" });
    expect(at({ ready: true }).start).toBe("ready");
  });

  it("never starts by itself before the text could have been read", () => {
    expect(at({ ready: true, isRead: false })).toEqual({ start: null, button: "button" });
    expect(at({ guide: "none", isRead: false }).start).toBeNull();
  });

  it("offers no button while something blocks, then one that is flagged", () => {
    expect(at({ blocks: true, waited: 14.9 }).button).toBeNull();
    expect(at({ blocks: true, waited: 15 })).toEqual({ start: null, button: "anyway" });
  });

  it("starts by itself in the end, flagged, whatever blocks", () => {
    expect(at({ blocks: true, waited: 29.9 }).start).toBeNull();
    expect(at({ blocks: true, waited: 30 }).start).toBe("time");
  });

  it("also starts in the end when the advice comes and goes", () => {
    expect(at({ blocks: false, ready: false, waited: 30 }).start).toBe("time");
  });

  it("needs no guide", () => {
    expect(at({ guide: "none" }).start).toBe("unguided");
  });

  it("waits for a guide that is still being opened, but lets the person start", () => {
    expect(at({ guide: "loading", waited: 12 })).toEqual({ start: null, button: "button" });
  });

  it("leaves every start to who presses the buttons", () => {
    expect(at({ byHand: true, ready: true, waited: 60 })).toEqual({ start: null, button: "button" });
    expect(at({ byHand: true, guide: "none", waited: 60 }).start).toBeNull();
    expect(at({ byHand: true, blocks: true, waited: 60 })).toEqual({ start: null, button: "anyway" });
  });
});
