// What the page tells the recorder: the tasks of this session, where films go, and what is asked of
// their pictures.
import type { GuideSettings } from "./guide/guide";

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

/** How a finding is told of one film, and of `{n}` films. */
export interface RetakeWords {
  readonly one: string;
  readonly many: string;
}

export interface Setup {
  readonly session: string;
  readonly uploads: string;
  readonly submit: string;
  readonly progress: string;
  readonly socket: string;
  readonly maxPatch: number;
  /** No film may have more bytes. */
  readonly maxBytes: number;
  /** The token that the server takes at this moment. */
  readonly csrf: () => string;
  readonly tasks: readonly Task[];
  /** The first session of a patient: nothing depends on it. */
  readonly practice: boolean;
  /** Somebody else presses the buttons. */
  readonly helped: boolean;
  /** When the link ends, in ISO 8601; null for staff, who have none. */
  readonly expires: string | null;
  /** By the code of a finding: only these are reasons to film again. */
  readonly retakes: Readonly<Record<string, RetakeWords>>;
  readonly guide: GuideSettings;
}

/** What it takes to deliver films; the receipt page has this only. */
export type Delivering = Pick<
  Setup,
  "session" | "uploads" | "submit" | "maxPatch" | "maxBytes" | "csrf" | "tasks"
>;

/** Reads a JSON script element of the page by its id. */
export function readJson<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`the page lacks its data "${id}"`);
  return JSON.parse(element.textContent) as T;
}

/** The page's data `id`, with its CSRF token, which is read from the cookie whenever it is needed:
 * a sign-in in another tab changes it. */
export function readSetup(id: "setup"): Setup;
export function readSetup(id: "late"): Delivering;
export function readSetup(id: string): Delivering {
  return withToken(readJson<Told<Delivering>>(id));
}

export type Told<T> = Omit<T, "csrf"> & { readonly csrfCookie: string };

/** What the server told of a page, with the token in place of its cookie's name. */
export function withToken<T extends { readonly csrf: () => string }>({ csrfCookie, ...told }: Told<T>): T {
  return { ...told, csrf: () => cookie(csrfCookie) } as unknown as T;
}

/** "" where there is none. */
function cookie(name: string): string {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
