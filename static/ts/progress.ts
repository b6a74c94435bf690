// What a job's state is called on staff pages.

import type { JobState, Snapshot, TakeState } from "./live";

const STAGES: Record<string, string> = {
  landmarks: "following the face",
  intensity: "comparing with the asked expression",
  measures: "measuring",
};

export function words(job: JobState): string {
  switch (job.state) {
    case "waiting":
      return "waits for the rest film";
    case "queued":
      return job.place === null ? "in the queue" : `number ${job.place} in the queue`;
    case "running":
      return `${STAGES[job.stage] ?? "starting"}, ${job.percent} %`;
    case "done":
      return job.usable === false ? "cannot be used" : "analysed";
    case "failed":
      return "failed";
    case "cancelled":
      return "replaced";
    case "none":
      return "not analysed";
  }
}

export function active(job: JobState): boolean {
  return job.state === "waiting" || job.state === "queued" || job.state === "running";
}

/** All work of the session in percent: each take counts alike, the session's own job as one more. */
export function overall(snapshot: Snapshot): number {
  const jobs: JobState[] = [...snapshot.takes, ...(snapshot.session_job ? [snapshot.session_job] : [])];
  if (jobs.length === 0) return 0;
  const done = jobs.map((job) => (job.state === "running" ? job.percent : active(job) ? 0 : 100));
  return Math.round(done.reduce((sum, part) => sum + part, 0) / jobs.length);
}

/** The takes whose panel on the page is no longer what it shows: new, or in another final state. */
export function changed(snapshot: Snapshot, shown: ReadonlyMap<string, string>): TakeState[] {
  return snapshot.takes.filter((take) => {
    const state = shown.get(take.recording);
    return state === undefined || (state !== take.state && !active(take));
  });
}
