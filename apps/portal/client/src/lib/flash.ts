import { useLayoutEffect, useRef } from "react";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// Opacity alone is animated: the browser fades without the page, however many rows change at a time.
const TINT = { duration: 1600, easing: "ease-out", pseudoElement: "::after" };

/** Tints an element of the class `flashing` for a moment: something about it has just changed. */
function flash(element: Element | null): void {
  if (reducedMotion.matches) return;
  element?.animate([{ opacity: 1 }, { opacity: 0 }], TINT);
}

/** Fades in something that has just come: a table's row, which can have no tint over it. */
export function appear(element: Element | null): void {
  if (reducedMotion.matches) return;
  element?.animate([{ opacity: 0.15 }, { opacity: 1 }], { duration: 900, easing: "ease-out" });
}

/** A ref whose element flashes whenever `value` changes, but not when it first appears. */
export function useFlashOnChange<Target extends Element>(value: string) {
  const element = useRef<Target>(null);
  const shown = useRef(value);
  useLayoutEffect(() => {
    if (shown.current === value) return;
    shown.current = value;
    flash(element.current);
  }, [value]);
  return element;
}
