import { Pie } from "@visx/shape";
import { toneFill } from "@/components/status";
import { cn } from "@/lib/cn";
import { phaseLabel, phaseTone } from "@/resources/phase";
import type { Share } from "@/resources/statistics";

const SIZE = 144;
const WIDTH = 14;

/** Parts of a whole as a ring around one number; the list beside it says the same. */
export function ShareRing({
  shares,
  value,
  caption,
}: {
  shares: readonly Share[];
  value: string;
  caption: string;
}) {
  const shown = shares.filter((share) => share.count > 0);
  return (
    <div className="flex flex-1 flex-wrap items-center justify-center gap-x-7 gap-y-4 px-5 pb-5">
      <div className="relative size-36 shrink-0">
        <svg viewBox={`0 0 ${SIZE} ${SIZE}`} aria-hidden="true" className="size-full">
          <circle
            cx={SIZE / 2}
            cy={SIZE / 2}
            r={(SIZE - WIDTH) / 2}
            className="fill-none stroke-muted"
            strokeWidth={WIDTH}
          />
          <Pie
            data={shown}
            outerRadius={SIZE / 2}
            innerRadius={SIZE / 2 - WIDTH}
            padAngle={shown.length > 1 ? 0.03 : 0}
            pieValue={({ count }) => count}
            pieSort={null}
          >
            {({ arcs, path }) =>
              arcs.map((arc) => (
                <path
                  key={arc.data.phase}
                  d={path(arc) ?? ""}
                  transform={`translate(${SIZE / 2} ${SIZE / 2})`}
                  fill={`var(--${phaseTone[arc.data.phase]}-fill)`}
                />
              ))
            }
          </Pie>
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
