/** A line of a log, with its number since the view was opened. */
export type LogLine = { readonly number: number; readonly text: string };

/** What is kept of a log. */
export type LogLines = {
  readonly lines: readonly LogLine[];
  /** Lines that came and are kept no more. */
  readonly dropped: number;
};

export const noLines: LogLines = { lines: [], dropped: 0 };

const LIMIT = 10_000;

/** Adds lines; of a long log the oldest go, so that a page left open does not grow for ever. */
export function appendLines(log: LogLines, texts: readonly string[], limit = LIMIT): LogLines {
  if (texts.length === 0) return log;
  const first = log.dropped + log.lines.length + 1;
  const lines = [...log.lines, ...texts.map((text, index) => ({ number: first + index, text }))];
  const excess = Math.max(0, lines.length - limit);
  return { lines: excess > 0 ? lines.slice(excess) : lines, dropped: log.dropped + excess };
}
