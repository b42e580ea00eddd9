const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Reads an RFC 3339 time; `null` for what is missing or not a time. */
export function parseTime(value: string | null | undefined): number | null {
  if (!value) return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

/** A length of time in its two largest units: `42s`, `3m 20s`, `5h 1m`, `12d 4h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < MINUTE) return `${seconds}s`;
  if (seconds < HOUR) return pair(seconds, MINUTE, "m", 1, "s");
  if (seconds < DAY) return pair(seconds, HOUR, "h", MINUTE, "m");
  return pair(seconds, DAY, "d", HOUR, "h");
}

function pair(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string) {
  const rest = Math.floor((seconds % big) / small);
  const head = `${Math.floor(seconds / big)}${bigUnit}`;
  return rest === 0 ? head : `${head} ${rest}${smallUnit}`;
}

const SECONDS_IN: { readonly [unit: string]: number } = {
  s: 1,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  y: 365 * DAY,
};

/** The seconds of what `kubectl` prints for a length of time: `42s`, `5m10s`, `3d4h`, `2y8d`; `null` for anything else. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d+[smhdy])+$/.test(text)) return null;
  const parts = text.matchAll(/(\d+)([smhdy])/g);
  return [...parts].reduce((sum, [, n, unit = ""]) => sum + Number(n) * (SECONDS_IN[unit] ?? 0), 0);
}

/** How long ago, in the largest unit: `now`, `42s`, `3m`, `5h`, `12d`. A clock ahead of ours is `now`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 5) return "now";
  if (seconds < MINUTE) return `${seconds}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h`;
  return `${Math.floor(seconds / DAY)}d`;
}

// Made when it is first needed: the browser reads a whole table of formats for it.
let absolute: Intl.DateTimeFormat | undefined;

/** The full local date and time, for tooltips and details. */
export function formatDateTime(time: number): string {
  absolute ??= new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return absolute.format(time);
}
