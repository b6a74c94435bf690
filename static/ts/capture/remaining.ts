// Where the person stands in the whole: which film, and about how long the rest takes.
import { duration } from "./timeline";
import type { Task } from "./setup";
import { t } from "./translate";

// Reading, the count-down and a breath between two films.
const BETWEEN_S = 15;

/** "Film 2 of 5, about 3 minutes left"; `tasks` are all that are made in this go. */
export function placeWords(tasks: readonly Task[], index: number): string {
  const film = t("Film {n} of {all}", { n: index + 1, all: tasks.length });
  return `${film} · ${minutesWords(tasks.slice(index))}`;
}

export function minutesWords(tasks: readonly Task[]): string {
  const seconds = tasks.reduce((sum, task) => sum + duration(task) + BETWEEN_S, 0);
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1
    ? t("about 1 minute left")
    : t("about {n} minutes left", { n: minutes });
}
