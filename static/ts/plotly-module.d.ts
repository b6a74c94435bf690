// The part of Plotly that is used here; the package ships no types.
declare module "plotly.js-cartesian-dist-min" {
  export type Json = Record<string, unknown>;
  export interface PlotPoint {
    x: number | string;
    customdata?: unknown;
  }
  export interface PlotElement extends HTMLElement {
    on(event: "plotly_click" | "plotly_hover", handler: (event: { points: PlotPoint[] }) => void): void;
    on(event: "plotly_unhover", handler: () => void): void;
  }
  interface Plotly {
    newPlot(root: HTMLElement, data: Json[], layout: Json, config: Json): Promise<PlotElement>;
    react(root: HTMLElement, data: Json[], layout: Json, config: Json): Promise<PlotElement>;
    relayout(root: HTMLElement, update: Json): Promise<PlotElement>;
    purge(root: HTMLElement): void;
  }
  const plotly: Plotly;
  export default plotly;
}
