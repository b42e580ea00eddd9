import { useLayoutEffect, useRef } from "react";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Tints an element for a moment: something about it has just changed. */
export function flash(element: Element | null): void {
  if (!element || reducedMotion.matches) return;
  const tint = "color-mix(in oklch, var(--primary) 17%, transparent)";
  element.animate([{ backgroundColor: tint }, { backgroundColor: "transparent" }], {
    duration: 1600,
    easing: "ease-out",
  });
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
