// Buttons for hands that tremble: they act when the finger lifts, and ignore repeated taps.

const REPEAT_MS = 500;
let lastTap = -Infinity;

/** True once per tap: what follows within half a second belongs to the same one. */
function isNewTap(): boolean {
  const now = performance.now();
  if (now - lastTap < REPEAT_MS) return false;
  lastTap = now;
  return true;
}

function isInside(element: Element, event: PointerEvent): boolean {
  const box = element.getBoundingClientRect();
  const inWidth = event.clientX >= box.left && event.clientX <= box.right;
  return inWidth && event.clientY >= box.top && event.clientY <= box.bottom;
}

/** Calls `act` on a tap, a key or a screen reader's press of `button`. */
export function onTap(button: HTMLElement, act: () => void): void {
  const press = () => {
    if (!button.hasAttribute("disabled") && isNewTap()) act();
  };
  button.addEventListener("pointerup", (event) => {
    if (event.isPrimary && event.button === 0 && isInside(button, event)) press();
  });
  // Keys and screen readers send a click alone; after a pointer it is a repeated tap.
  button.addEventListener("click", press);
}

/** Forms of plain pages: a second press sends nothing twice. */
export function guardForms(): void {
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (!isNewTap()) event.preventDefault();
    });
  }
}
