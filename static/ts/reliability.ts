// The page of reliability: a plot for each medication state.

import { figure, type Agreement } from "./agreement-plot";
import { draw } from "./plots";
import { onSchemeChange, theme } from "./theme";

const text = document.getElementById("reliability-data")?.textContent;
const plots = text ? (JSON.parse(text) as Agreement[]) : [];

function drawAll(): void {
  for (const plot of plots) {
    const root = document.querySelector<HTMLElement>(`[data-plot="${plot.state}"]`);
    if (root) void draw(root, figure(plot, theme()));
  }
}

drawAll();
onSchemeChange(drawAll);
