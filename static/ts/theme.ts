// Charts take their colours from the page's CSS variables, so that light, dark and print agree.

export interface Theme {
  ink: string;
  soft: string;
  line: string;
  surface: string;
  accent: string;
  on: string;
  off: string;
  shade: string;
  font: string;
}

export function theme(root: HTMLElement = document.documentElement): Theme {
  const style = getComputedStyle(root);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink"),
    soft: colour("--ink-soft"),
    line: colour("--line"),
    surface: colour("--surface"),
    accent: colour("--accent"),
    on: colour("--on"),
    off: colour("--off"),
    shade: colour("--sunk"),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** Calls `redraw` whenever the system switches between light and dark. */
export function onSchemeChange(redraw: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
