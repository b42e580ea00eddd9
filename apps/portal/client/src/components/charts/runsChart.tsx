import { toneFill } from "@/components/status";
import { cn } from "@/lib/cn";
import { type Phase, phaseLabel, phaseTone } from "@/resources/phase";
import type { Bucket } from "@/resources/statistics";
import type { TimeRange } from "@/resources/timeRange";
import { Tooltip } from "../ui/tooltip";

// Bottom to top: what ended well carries the bar, what is still open sits on it.
const stack: readonly Phase[] = [
  "succeeded",
  "failed",
  "cancelled",
  "stopping",
  "running",
  "pending",
  "unknown",
];
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });

/** Runs per bucket of time as stacked bars; each bar tells its numbers on hover and to readers. */
export function RunsChart({ range, buckets }: { range: TimeRange; buckets: readonly Bucket[] }) {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.total));
  const top = niceCeiling(most);
  const present = stack.filter((phase) => buckets.some((bucket) => bucket.counts.has(phase)));
  return (
    <figure className="flex min-w-0 flex-col gap-3 px-5 pb-5">
      <div className="flex gap-2">
        <div
          aria-hidden="true"
          className="flex h-44 flex-col justify-between text-right text-[11px] leading-none text-muted-foreground tabular-nums"
        >
          <span>{top}</span>
          <span>{top / 2}</span>
          <span>0</span>
        </div>
        <ul
          aria-label={`Runs per ${range.each}`}
          className="relative flex h-44 min-w-0 flex-1 items-end gap-px border-b bg-[linear-gradient(to_bottom,var(--border)_1px,transparent_1px)] bg-size-[100%_50%] sm:gap-1"
        >
          {buckets.map((bucket) => (
            <Bar key={bucket.from} bucket={bucket} top={top} />
          ))}
        </ul>
      </div>
      <div
        aria-hidden="true"
        className="flex justify-between pl-6 text-[11px] text-muted-foreground"
      >
        {axisTimes(buckets).map((time) => (
          <span key={time}>{(range.id === "7d" ? day : hour).format(time)}</span>
        ))}
      </div>
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 pl-6 text-xs text-muted-foreground">
        {present.map((phase) => (
          <span key={phase} className="inline-flex items-center gap-1.5">
            <span
              aria-hidden="true"
              className={cn("size-2 rounded-xs", toneFill[phaseTone[phase]])}
            />
            {phaseLabel[phase]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function Bar({ bucket, top }: { bucket: Bucket; top: number }) {
  const parts = stack.flatMap((phase) => {
    const count = bucket.counts.get(phase);
    return count ? [{ phase, count }] : [];
  });
  const span = `${hour.format(bucket.from)} to ${hour.format(bucket.to)}`;
  const text = parts.map(({ phase, count }) => `${count} ${phaseLabel[phase].toLowerCase()}`);
  const label = `${span}: ${text.join(", ") || "no runs"}`;
  return (
    <Tooltip content={label}>
      <li
        aria-label={label}
        className="flex h-full min-w-0 flex-1 flex-col-reverse gap-px rounded-t-sm transition-colors hover:bg-accent"
      >
        {parts.map(({ phase, count }, index) => (
          <span
            key={phase}
            style={{ height: `${(count / top) * 100}%` }}
            className={cn(
              "w-full transition-[height]",
              toneFill[phaseTone[phase]],
              index === parts.length - 1 && "rounded-t-xs",
            )}
          />
        ))}
      </li>
    </Tooltip>
  );
}

/** The next even number that reads well on an axis. */
function niceCeiling(value: number): number {
  const step = value <= 10 ? 2 : value <= 50 ? 10 : 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / step) * step;
}

function axisTimes(buckets: readonly Bucket[]): number[] {
  const first = buckets[0]?.from ?? 0;
  const last = buckets.at(-1)?.to ?? 0;
  return [0, 0.25, 0.5, 0.75, 1].map((part) => first + (last - first) * part);
}
