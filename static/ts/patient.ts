// The patient's page: draws the trends, and follows analyses that are under way.

import { fresh, swap } from "./page";
import { draw } from "./plots";
import { onSchemeChange, theme } from "./theme";
import { figure, type TrendChart, type TrendPoint, type Trends } from "./trend";

const POLL_MS = 2000;

interface Progress {
  mark: string;
}

function trends(): Trends {
  const data = document.getElementById("trends-data")?.textContent;
  return data ? (JSON.parse(data) as Trends) : { span: null, charts: [] };
}

async function drawChart(chart: TrendChart, span: [string, string]): Promise<void> {
  const root = document.querySelector<HTMLElement>(`[data-chart="${chart.id}"]`);
  if (root === null) return;
  const isNew = !root.classList.contains("js-plotly-plot");
  const plot = await draw(root, figure(chart, span, theme()));
  if (isNew) {
    plot.on("plotly_click", ({ points }) => {
      const point = points[0]?.customdata as TrendPoint | undefined;
      if (point) location.assign(point.href);
    });
  }
}

async function drawAll(): Promise<void> {
  const { span, charts } = trends();
  if (span === null) return;
  for (const chart of charts) await drawChart(chart, span);
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
    await drawAll();
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

onSchemeChange(() => void drawAll());
void drawAll();
void watch();
