const FIELDS = [
  "input",
  "textarea",
  "select",
  ...["combobox", "switch", "radiogroup", "textbox"].map((role) => `[role="${role}"]`),
].join();
// Controls drawn by ourselves keep a native one for forms, which nobody sees.
const UNREACHABLE = ':disabled, [tabindex="-1"], [aria-hidden="true"]';

function findFirst(layer: Element): HTMLElement | null {
  return (
    layer.querySelector<HTMLElement>(`:is(${FIELDS}):not(${UNREACHABLE})`) ??
    layer.querySelector<HTMLElement>(`[data-variant="primary"]:not(${UNREACHABLE})`)
  );
}

/**
 * Where a dialog begins: at its first field, else at what it is for, never at the button that closes it.
 * One that still loads keeps the focus itself, and hands it on once there is something to begin with.
 */
export function focusFirst(opening: Event): void {
  const layer = opening.currentTarget;
  if (!(layer instanceof HTMLElement)) return;
  opening.preventDefault();
  const begin = () => {
    const first = findFirst(layer);
    first?.focus();
    return first !== null;
  };
  if (begin()) return;
  layer.focus();
  const watcher = new MutationObserver(() => {
    const isWaiting = document.activeElement === layer;
    if (!isWaiting || begin()) watcher.disconnect();
  });
  watcher.observe(layer, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}
