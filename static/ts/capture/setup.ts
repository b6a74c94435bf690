// What the page tells the recorder: the tasks of this session and the addresses to send films to.

type TaskKind = "rest" | "talk" | "expression";

/** A guided task; times in seconds. Rest and talk have no repeats: `leadIn` is the whole take. */
export interface Task {
  readonly code: string;
  readonly kind: TaskKind;
  readonly title: string;
  readonly leadIn: number;
  readonly repeats: number;
  readonly now: number;
  readonly relax: number;
  readonly received: boolean;
}

export interface Setup {
  readonly session: string;
  readonly uploads: string;
  readonly submit: string;
  readonly progress: string;
  readonly socket: string;
  readonly maxPatch: number;
  /** Below so many frames a second neither speed nor blinks are measured. */
  readonly slowFps: number;
  readonly csrf: string;
  readonly tasks: readonly Task[];
}

/** Reads a JSON script element of the page by its id. */
export function readJson<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`the page lacks its data "${id}"`);
  return JSON.parse(element.textContent) as T;
}

export function readSetup(): Setup {
  const csrf = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  return { ...readJson<Omit<Setup, "csrf">>("setup"), csrf: csrf?.value ?? "" };
}
