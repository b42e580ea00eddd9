import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  Clock,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import { cn } from "@/lib/cn";
import { useFlashOnChange } from "@/lib/flash";
import { type Phase, phaseTone, type StatusView, type Tone } from "@/resources/phase";

export const toneText: Record<Tone, string> = {
  success: "text-success",
  danger: "text-danger",
  info: "text-info",
  warning: "text-warning",
  violet: "text-violet",
  neutral: "text-neutral",
};

export const toneFill: Record<Tone, string> = {
  success: "bg-success-fill",
  danger: "bg-danger-fill",
  info: "bg-info-fill",
  warning: "bg-warning-fill",
  violet: "bg-violet-fill",
  neutral: "bg-neutral-fill",
};

const icons: Record<Phase, LucideIcon> = {
  succeeded: CircleCheck,
  failed: CircleX,
  running: LoaderCircle,
  pending: Clock,
  stopping: CircleDashed,
  cancelled: Ban,
  unknown: CircleHelp,
};

export function PhaseIcon({
  phase,
  still = false,
  className,
}: {
  phase: Phase;
  still?: boolean;
  className?: string;
}) {
  const Icon = icons[phase];
  const spins = !still && (phase === "running" || phase === "stopping");
  return (
    <Icon
      aria-hidden="true"
      className={cn(
        "size-4 shrink-0",
        toneText[phaseTone[phase]],
        spins && "animate-spin [animation-duration:1.6s]",
        className,
      )}
    />
  );
}

/**
 * State as icon, colour and word, so that no one of them carries the meaning alone. The message is shown by `Hints`, one
 * for the whole page: a table has hundreds of states.
 */
export function Status({
  phase,
  reason,
  message,
  iconWhenNarrow = false,
}: StatusView & { iconWhenNarrow?: boolean }) {
  const element = useFlashOnChange<HTMLSpanElement>(`${phase} ${reason}`);
  return (
    <span
      ref={element}
      data-testid="status"
      data-phase={phase}
      data-hint={message || undefined}
      className="flashing -mx-1.5 inline-flex max-w-full items-center gap-1.5 rounded-md px-1.5 py-0.5 align-middle"
    >
      <PhaseIcon phase={phase} />
      <span
        className={cn(
          "truncate font-medium",
          toneText[phaseTone[phase]],
          iconWhenNarrow && "@max-lg:sr-only",
        )}
      >
        {reason}
      </span>
    </span>
  );
}
