import { describe, expect, it } from "vitest";
import type { JobState, Snapshot, TakeState } from "./live";
import { active, changed, overall, words } from "./progress";

function job(state: JobState["state"], more: Partial<JobState> = {}): JobState {
  const none = { stage: "", percent: 0, place: null, error: "", usable: null, findings: [] };
  return { state, ...none, ...more };
}

function take(recording: string, state: JobState["state"], percent = 0): TakeState {
  return { recording, task: "smile", title: "Smile", attempt: 1, ...job(state, { percent }) };
}

function snapshot(takes: TakeState[], session_job: JobState | null = null): Snapshot {
  return { session: "s", submitted: true, done: false, takes, session_job };
}

describe("the progress of a session", () => {
  it("tells the place in the queue, the stage and the percentage", () => {
    expect(words(job("queued", { place: 3 }))).toBe("number 3 in the queue");
    expect(words(job("running", { stage: "landmarks", percent: 40 }))).toBe("following the face, 40 %");
    expect(words(job("waiting"))).toBe("waits for the rest film");
  });

  it("tells a film that cannot be used from one that was analysed", () => {
    expect(words(job("done", { usable: true }))).toBe("analysed");
    expect(words(job("done", { usable: false }))).toBe("cannot be used");
  });

  it("counts what waits as nothing and what has ended as all", () => {
    const takes = [take("a", "done"), take("b", "running", 50), take("c", "queued"), take("d", "failed")];
    expect(overall(snapshot(takes))).toBe(63);
    expect(overall(snapshot(takes, job("waiting")))).toBe(50);
    expect(overall(snapshot([]))).toBe(0);
  });

  it("knows which states go on", () => {
    const going = (["waiting", "queued", "running", "done", "failed", "none"] as const).filter((state) =>
      active(job(state)),
    );
    expect(going).toEqual(["waiting", "queued", "running"]);
  });

  it("asks for new panels for films that are new or have ended, and for no others", () => {
    const shown = new Map([["a", "running"], ["b", "queued"], ["c", "done"]]);
    const takes = [take("a", "done"), take("b", "running"), take("c", "done"), take("new", "queued")];
    expect(changed(snapshot(takes), shown).map((each) => each.recording)).toEqual(["a", "new"]);
  });
});
