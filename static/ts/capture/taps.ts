// Buttons for hands that tremble: they act when the finger lifts, and ignore repeated taps.

const REPEAT_MS = 500;
let lastTap = -Infinity;
/** Where the last press of a finger or mouse began; forgotten soon after it has ended. */
let pressed: Node | null = null;

document.addEventListener(
  "pointerdown",
  ({ isPrimary, target }) => {
    if (isPrimary) pressed = target as Node;
  },
  true,
);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(
    end,
    () => {
      const ended = pressed;
      setTimeout(() => {
        if (pressed === ended) pressed = null;
      }, REPEAT_MS);
    },
    true,
  );
}

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

/** Calls `act` on a tap that began on `button`, a key, or a screen reader's press of it. */
export function onTap(button: HTMLElement, act: () => void): void {
  const press = () => {
    if (!button.hasAttribute("disabled") && isNewTap()) act();
  };
  button.addEventListener("pointerup", (event) => {
    const isWhole = event.isPrimary && event.button === 0 && button.contains(pressed);
    if (isWhole && isInside(button, event)) press();
  });
  // Keys and screen readers send a click alone; after a pointer it is a repeated tap.
  button.addEventListener("click", () => {
    if (!pressed || button.contains(pressed)) press();
  });
  // A key that is held down would go on pressing whatever comes into its place.
  button.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter") event.preventDefault();
  });
}

/** Forms of plain pages: a second press sends nothing twice. */
export function guardForms(): void {
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (!isNewTap()) event.preventDefault();
    });
  }
}
