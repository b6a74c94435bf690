// What the import's tests share.
import { newClip, type Clip } from "./clip";
import type { Setup } from "./setup";

export const SETUP: Setup = {
  tasks: [
    { code: "rest", title: "Sit still", kind: "rest" },
    { code: "talk", title: "Talk", kind: "talk" },
    { code: "smile", title: "Smile", kind: "expression" },
    { code: "eye_closure", title: "Close your eyes tight", kind: "expression" },
  ],
  known: "/known/",
  sitting: "/sitting/",
  film: "/film/",
  finish: "/finish/",
  uploads: "/uploads/",
  maxPatch: 4,
  maxBytes: 1000,
  maxSeconds: 600,
  csrf: () => "token",
};

export const NOON = new Date(2024, 4, 3, 12).getTime();

export function file(name: string, content = "film", lastModified = NOON): File {
  const made = new File([content], name, { lastModified });
  // jsdom's files have no streams.
  made.stream = () => new Response(content).body!;
  return made;
}

export function clip(name: string, changes: Partial<Clip> = {}): Clip {
  return { ...newClip(file(name), SETUP.tasks, "unsure"), ...changes };
}
