import { Link } from "@tanstack/react-router";
import { PhaseIcon } from "@/components/status";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { useFlashOnChange } from "@/lib/flash";
import type { Phase } from "@/resources/phase";

/** One number of the overview; with `to`, it leads to the runs it counts. */
export function StatTile({
  label,
  value,
  hint,
  phase,
  to,
  className,
}: {
  label: string;
  value: string;
  hint: string;
  phase?: Phase;
  to?: { status: string };
  className?: string;
}) {
  const element = useFlashOnChange<HTMLParagraphElement>(value);
  return (
    <Card
      className={cn("relative p-4 sm:p-5", to && "transition-colors hover:bg-accent/50", className)}
    >
      <div className="flex items-center justify-between gap-2 text-[13px] text-muted-foreground">
        {to ? (
          <Link
            to="/pipelines"
            search={to}
            className="after:absolute after:inset-0 after:rounded-xl"
          >
            {label}
          </Link>
        ) : (
          <span>{label}</span>
        )}
        {phase ? <PhaseIcon phase={phase} still={value === "0"} /> : null}
      </div>
      <p
        ref={element}
        data-testid={`stat-${label.toLowerCase().replaceAll(" ", "-")}`}
        className="flashing pointer-events-none -mx-1 mt-1 w-fit rounded-md px-1 text-2xl font-semibold tracking-tight tabular-nums"
      >
        {value}
      </p>
      <p className="text-xs text-muted-foreground">{hint}</p>
    </Card>
  );
}
