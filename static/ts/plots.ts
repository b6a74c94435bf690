// Plotly, loaded when the first chart is drawn; every chart of Mimia is drawn through here.

import type { Json, PlotElement } from "plotly.js-cartesian-dist-min";

const CONFIG: Json = { displayModeBar: false, responsive: true, doubleClick: false };

async function plotly() {
  return (await import("plotly.js-cartesian-dist-min")).default;
}

/** Draws, or draws anew, a figure in `root`. */
export async function draw(
  root: HTMLElement,
  figure: { data: Json[]; layout: Json },
): Promise<PlotElement> {
  return (await plotly()).react(root, figure.data, figure.layout, CONFIG);
}

export async function change(root: HTMLElement, update: Json): Promise<void> {
  await (await plotly()).relayout(root, update);
}
