// A part of a page that shows what the server knows now, for as long as somebody looks at it.

import { fresh, swap } from "./page";

/** Shows the fresh element of this id, if it says anything else; the focus stays where it was. */
export function show(id: string, page: Document): void {
  const shown = document.getElementById(id);
  const next = page.getElementById(id);
  if (shown === null || next === null || words(shown) === words(next)) return;
  const focused = shown.contains(document.activeElement) ? document.activeElement?.id : undefined;
  swap(id, page);
  if (focused) document.getElementById(focused)?.focus();
}

/** Brings the text of a status line up to date: the element stays, so that it is read out. */
export function say(id: string, page: Document): void {
  const line = document.getElementById(id);
  const next = page.getElementById(id)?.textContent;
  if (line && next && line.textContent !== next) line.textContent = next;
}

/** Asks every `everyMs` while the page is seen. */
export async function follow(id: string, said: string, everyMs: number): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    const page = document.hidden ? null : await fresh();
    if (page === null) continue;
    show(id, page);
    say(said, page);
  }
}

function words(element: HTMLElement): string {
  return (element.textContent ?? "").replace(/\s+/g, " ");
}
