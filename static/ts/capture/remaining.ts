// Where the person stands in the whole: which film, and about how long the rest takes.
import { duration } from "./timeline";
import type { Task } from "./setup";
import { t } from "./translate";

// Reading, the count-down and a breath between two films.
const BETWEEN_S = 25;

/** "Film 2 of 5, about 3 minutes left"; the minutes are for those that are still `open`. */
export function placeWords(
  tasks: readonly Task[],
  index: number,
  open: readonly Task[] = tasks,
): string {
  const film = t("Film {n} of {all}", { n: index + 1, all: tasks.length });
  return `${film} · ${minutesWords(tasks.slice(index).filter((task) => open.includes(task)))}`;
}

export function minutesWords(tasks: readonly Task[]): string {
  const seconds = tasks.reduce((sum, task) => sum + duration(task) + BETWEEN_S, 0);
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1
    ? t("about 1 minute left")
    : t("about {n} minutes left", { n: minutes });
}
