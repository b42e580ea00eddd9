import { Tooltip as Primitive } from "radix-ui";
import { type RefObject, useEffect, useRef, useState } from "react";
import { formatDateTime } from "@/lib/time";
import { TooltipContent } from "./tooltip";

// As long as the tooltips of buttons wait.
const SHOW_AFTER = 250;
// Time enough to come from an element to its hint, which may be read and selected.
const HIDE_AFTER = 120;

const DESCRIBED_BY = "aria-describedby";

type Hint = { text: string; target: HTMLElement; rect: DOMRect };

/** An element says its hint itself; a time has one without saying it, and so has what is cut off for lack of room. */
function readHint(target: HTMLElement | null): string | undefined {
  if (target instanceof HTMLTimeElement) return formatDateTime(Date.parse(target.dateTime));
  const said = target?.dataset["hint"];
  if (said !== undefined || !target) return said;
  const isCut = target.scrollWidth > target.clientWidth && target.closest("[title]") === null;
  return isCut ? (target.textContent ?? undefined) : undefined;
}

/** What has a hint: what is pointed at, or what says it in the line whose link has the focus. */
function findHinted(event: Event): HTMLElement | null {
  const { target } = event;
  if (!(target instanceof Element)) return null;
  if (event.type === "pointerover")
    return target.closest<HTMLElement>("[data-hint], time, .truncate");
  if (!target.matches(":focus-visible")) return null;
  return target.closest("tr, li")?.querySelector<HTMLElement>("[data-hint]") ?? null;
}

/**
 * One tooltip for all times, for all elements with `data-hint`, and for text that is cut (`truncate`): by pointer at the element itself, by keyboard at the link of its line.
 * A table of hundreds of states then makes no tooltip until one is asked for.
 */
export function Hints() {
  const place = useRef<HTMLSpanElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [hint, hide] = useHint(content);
  const target = hint?.target;
  useEffect(() => {
    if (!target) return;
    const focused = document.activeElement;
    const described = focused?.closest("tr, li")?.contains(target) ? focused : target;
    described?.setAttribute(DESCRIBED_BY, place.current?.getAttribute(DESCRIBED_BY) ?? "");
    return () => described?.removeAttribute(DESCRIBED_BY);
  }, [target]);
  if (!hint) return null;
  const { left, top, width, height } = hint.rect;
  return (
    <Primitive.Root open onOpenChange={hide}>
      <Primitive.Trigger asChild>
        <span
          ref={place}
          aria-hidden="true"
          className="pointer-events-none fixed"
          style={{ left, top, width, height }}
        />
      </Primitive.Trigger>
      <TooltipContent ref={content} side="right">
        {hint.text}
      </TooltipContent>
    </Primitive.Root>
  );
}

function useHint(content: RefObject<HTMLElement | null>) {
  const [hint, setHint] = useState<Hint | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const later = (next: Hint | null, wait: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => setHint(next), wait);
    };
    const look = (event: Event) => {
      const target = findHinted(event);
      const text = readHint(target);
      if (target && text) {
        later({ text, target, rect: target.getBoundingClientRect() }, SHOW_AFTER);
      } else if (content.current?.contains(event.target as Node)) {
        clearTimeout(timer);
      } else {
        later(null, HIDE_AFTER);
      }
    };
    const away = () => later(null, 0);
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener("pointerover", look, { signal });
    document.addEventListener("focusin", look, { signal });
    document.addEventListener("focusout", away, { signal });
    // What it stood beside has moved.
    document.addEventListener("scroll", away, { signal, capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [content]);
  return [hint, () => setHint(null)] as const;
}
