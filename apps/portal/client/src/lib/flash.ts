import { useLayoutEffect, useRef } from "react";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// Opacity alone is animated, of the tint that the class `flashing` lays over an element: the browser then
// fades it without the page, however many rows change at a time.
const fade = [{ opacity: 1 }, { opacity: 0 }];

/** Tints an element of the class `flashing` for a moment: something about it has just changed. */
export function flash(element: Element | null): void {
  if (!element || reducedMotion.matches) return;
  element.animate(fade, { duration: 1600, easing: "ease-out", pseudoElement: "::after" });
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
