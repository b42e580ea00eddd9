export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. */
  readonly baseMs?: number;
  /** No delay is longer than this. */
  readonly maxMs?: number;
  readonly random?: () => number;
}

/**
 * Exponential back-off with jitter: uniformly between half the bound and the bound, so that the tabs
 * a rollout disconnects at once do not come back in the same second.
 */
export function backoffDelay(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = 500, maxMs = 15_000, random = Math.random } = options;
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(bound * (0.5 + random() / 2));
}
