// One question about all films that are missing or could be better.
import type { Finding } from "./progress";
import type { RetakeWords, Task } from "./setup";
import { t } from "./translate";

/** What is known of a task's film. */
export interface Film {
  readonly task: Task;
  readonly state: "missing" | "refused" | "partial" | "received";
  /** Why the clinic does not take it, for a refused one. */
  readonly refusal: string | null;
  readonly findings: readonly Finding[];
}

export interface Question {
  /** "2 films were too dark. Film them again?" */
  readonly title: string;
  /** "Yes, film again" */
  readonly yes: string;
  /** What to do better, one sentence each. */
  readonly advice: readonly string[];
  readonly tasks: readonly Task[];
}

type Retakes = Readonly<Record<string, RetakeWords>>;

interface Reason {
  readonly code: string;
  readonly advice: string | null;
}

/** null: nothing is missing and nothing need be filmed again. */
export function question(films: readonly Film[], retakes: Retakes): Question | null {
  const told = films.flatMap((film) => {
    const reason = reasonFor(film, retakes);
    return reason ? [{ task: film.task, ...reason }] : [];
  });
  if (told.length === 0) return null;
  const counts = new Map<string, number>();
  for (const { code } of told) counts.set(code, (counts.get(code) ?? 0) + 1);
  const sentences = [...counts].map(([code, n]) => sentence(code, n, retakes));
  const isNew = counts.size === 1 && counts.has("missing");
  return {
    title: [...sentences, isNew ? askNew(told.length) : askAgain(told.length)].join(" "),
    yes: isNew ? t("Yes, film now") : t("Yes, film again"),
    advice: [...new Set(told.flatMap(({ advice }) => advice ?? []))],
    tasks: told.map(({ task }) => task),
  };
}

/** Each film is counted once: for what weighs most. */
function reasonFor({ state, refusal, findings }: Film, retakes: Retakes): Reason | null {
  if (state === "refused") return { code: state, advice: refusal };
  if (state !== "received") return { code: state, advice: null };
  const known = findings.filter(({ code }) => code in retakes);
  const worst = known.find(({ severity }) => severity === "blocks") ?? known[0];
  return worst ? { code: worst.code, advice: t(worst.patient) } : null;
}

function sentence(code: string, n: number, retakes: Retakes): string {
  switch (code) {
    case "missing":
      return n === 1 ? t("One film has not been made.") : t("{n} films have not been made.", { n });
    case "refused":
      return n === 1 ? t("One film could not be taken.") : t("{n} films could not be taken.", { n });
    case "partial":
      return n === 1 ? t("One film was cut short.") : t("{n} films were cut short.", { n });
    default: {
      const words = retakes[code]!;
      return n === 1 ? t(words.one) : t(words.many, { n });
    }
  }
}

function askNew(films: number): string {
  return films === 1 ? t("Film it now?") : t("Film them now?");
}

function askAgain(films: number): string {
  return films === 1 ? t("Film it again?") : t("Film them again?");
}
