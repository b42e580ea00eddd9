/** Tells an editor of an Escape that the layer around it took. */
export const ESCAPED = "layer-escape";

/**
 * In an editor or a shell, Escape has a meaning of its own: it does not close the drawer or dialog around them. A layer
 * hears of the key before they do, so an editor is told by an event.
 */
export function keepEscape(event: KeyboardEvent): void {
  if (!(event.target instanceof Element)) return;
  const inner = event.target.closest(".cm-editor, .xterm");
  if (inner === null) return;
  event.preventDefault();
  inner.dispatchEvent(new Event(ESCAPED));
}
