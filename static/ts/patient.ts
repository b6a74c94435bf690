// The patient's page: draws the course, and follows analyses that are under way.

import { Course } from "./course";
import { fresh, swap } from "./page";
import { show } from "./refresh";
import { onSchemeChange } from "./theme";

const POLL_MS = 2000;
// What a session without any value changes, though it changes nothing of the chart.
const BESIDE_THE_CHART = ["verdict", "timeline-said", "left-out"];
const course = new Course();

interface Progress {
  mark: string;
}

/** Asks how far the analyses are; when something has changed, shows the new state. */
async function followProgress(root: HTMLElement): Promise<void> {
  const response = await fetch(root.dataset.url ?? "", { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const progress = (await response.json()) as Progress;
  if (progress.mark === root.dataset.mark) return;
  const page = await fresh();
  if (page === null) return;
  const before = document.getElementById("trends-data")?.textContent;
  swap("progress", page);
  swap("sessions", page);
  if (page.getElementById("trends-data")?.textContent !== before) {
    swap("trends", page);
    await course.show();
  } else {
    BESIDE_THE_CHART.forEach((id) => show(id, page));
  }
}

async function watch(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const root = document.getElementById("progress");
    if (root === null || root.childElementCount === 0) return;
    if (!document.hidden) await followProgress(root).catch(() => undefined);
  }
}

onSchemeChange(() => void course.draw());
void course.show();
void watch();
