import { toneFill, toneStroke } from "@/components/status";
import { cn } from "@/lib/cn";
import { type Phase, phaseLabel, phaseTone } from "@/resources/phase";

const RADIUS = 42;
const ROUND = 2 * Math.PI * RADIUS;
const GAP = 2.5;

export type Share = { phase: Phase; count: number; label?: string };

/** Parts of a whole as a ring around one number. */
export function ShareRing({
  shares,
  value,
  caption,
}: {
  shares: readonly Share[];
  value: string;
  caption: string;
}) {
  const total = shares.reduce((sum, share) => sum + share.count, 0);
  const shown = shares.filter((share) => share.count > 0);
  const gap = shown.length > 1 ? GAP : 0;
  let offset = 0;
  return (
    <div className="flex flex-1 flex-wrap items-center justify-center gap-x-7 gap-y-4 px-5 pb-5">
      <div className="relative size-36 shrink-0">
        <svg viewBox="0 0 100 100" aria-hidden="true" className="size-full -rotate-90">
          <circle cx="50" cy="50" r={RADIUS} className="fill-none stroke-muted" strokeWidth="10" />
          {shown.map(({ phase, count }) => {
            const length = (count / total) * ROUND;
            const dash = `${Math.max(0.5, length - gap)} ${ROUND}`;
            const start = offset;
            offset += length;
            return (
              <circle
                key={phase}
                cx="50"
                cy="50"
                r={RADIUS}
                strokeWidth="10"
                strokeDasharray={dash}
                strokeDashoffset={-start}
                className={cn(
                  "fill-none transition-all duration-500",
                  toneStroke[phaseTone[phase]],
                )}
              />
            );
          })}
        </svg>
        <div className="absolute inset-0 flex flex-col items-center justify-center">
          <span className="text-2xl font-semibold tracking-tight tabular-nums">{value}</span>
          <span className="text-xs text-muted-foreground">{caption}</span>
        </div>
      </div>
      <ul className="flex min-w-32 flex-1 flex-col gap-1.5 text-[13px]">
        {shown.map(({ phase, count, label }) => (
          <li key={phase} className="flex items-center gap-2">
            <span
              aria-hidden="true"
              className={cn("size-2 shrink-0 rounded-xs", toneFill[phaseTone[phase]])}
            />
            <span className="truncate text-muted-foreground">{label ?? phaseLabel[phase]}</span>
            <span className="ml-auto font-medium tabular-nums">{count}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
