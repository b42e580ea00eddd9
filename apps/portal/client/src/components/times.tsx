import { useFromNow } from "@/lib/clock";
import { formatAge, formatDuration } from "@/lib/time";

/** How long ago something was; `Hints` shows the full time, which costs nothing until it is asked for. */
export function Age({ time, suffix = "" }: { time: number | null; suffix?: string }) {
  const age = useFromNow((now) => (time === null ? "" : formatAge(now - time)));
  if (time === null) return <Nothing />;
  return (
    <time dateTime={new Date(time).toISOString()}>
      {age === "now" ? "just now" : `${age}${suffix}`}
    </time>
  );
}

/** From start to end; while there is no end, it counts on. */
export function Duration({ started, ended }: { started: number | null; ended: number | null }) {
  if (started === null) return <Nothing />;
  if (ended === null) return <Ticking since={started} />;
  return <span className="tabular-nums">{formatDuration(ended - started)}</span>;
}

function Ticking({ since }: { since: number }) {
  const shown = useFromNow((now) => formatDuration(now - since));
  return <span className="text-info tabular-nums">{shown}</span>;
}

export function Nothing() {
  return <span className="text-muted-foreground/70">–</span>;
}
