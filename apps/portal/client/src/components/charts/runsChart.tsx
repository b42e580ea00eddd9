import { AxisBottom, AxisLeft } from "@visx/axis";
import { ParentSize } from "@visx/responsive";
import { scaleBand, scaleLinear, scaleOrdinal } from "@visx/scale";
import { BarStack } from "@visx/shape";
import { toneFill } from "@/components/status";
import { cn } from "@/lib/cn";
import { type Phase, phaseLabel, phaseTone } from "@/resources/phase";
import type { Bucket } from "@/resources/statistics";
import type { TimeRange } from "@/resources/timeRange";
import { Tooltip } from "../ui/tooltip";
import { ChartTable } from "./chartTable";

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
const HEIGHT = 200;
const EDGE = { top: 8, right: 0, bottom: 22, left: 36 };
const tick = { fill: "var(--muted-foreground)", fontFamily: "inherit", fontSize: 11 };

type RunsChartProps = { range: TimeRange; buckets: readonly Bucket[] };

/** Runs per bucket of time as stacked bars; the same numbers as a table for who cannot see them. */
export function RunsChart({ range, buckets }: RunsChartProps) {
  const present = stack.filter((phase) => buckets.some((bucket) => bucket.counts.has(phase)));
  return (
    <figure className="flex min-w-0 flex-col gap-3 px-5 pb-5">
      <div aria-hidden="true" className="h-50">
        <ParentSize debounceTime={100}>
          {({ width }) => (width > 0 ? <Bars {...{ range, buckets, present, width }} /> : null)}
        </ParentSize>
      </div>
      <ChartTable
        caption={`Runs per ${range.each}`}
        head={["Time", ...present.map((phase) => phaseLabel[phase]), "All"]}
        rows={buckets
          .filter(({ total }) => total > 0)
          .map((bucket) => [
            spanOf(bucket, range),
            ...present.map((phase) => bucket.counts.get(phase) ?? 0),
            bucket.total,
          ])}
      />
      <figcaption aria-hidden="true" className="flex flex-wrap gap-x-4 gap-y-1 pl-9 text-xs">
        {present.map((phase) => (
          <span key={phase} className="inline-flex items-center gap-1.5 text-muted-foreground">
            <span className={cn("size-2 rounded-xs", toneFill[phaseTone[phase]])} />
            {phaseLabel[phase]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

type BarsProps = RunsChartProps & { present: readonly Phase[]; width: number };

function Bars({ range, buckets, present, width }: BarsProps) {
  const most = Math.max(2, ...buckets.map(({ total }) => total));
  const x = scaleBand({
    domain: buckets.map(({ from }) => from),
    range: [EDGE.left, width - EDGE.right],
    padding: 0.2,
  });
  const y = scaleLinear({ domain: [0, most], range: [HEIGHT - EDGE.bottom, EDGE.top], nice: true });
  const color = scaleOrdinal({
    domain: [...present],
    range: present.map((phase) => `var(--${phaseTone[phase]}-fill)`),
  });
  const format = range.id === "7d" ? day : hour;
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      {y.ticks(4).map((value) => (
        <line
          key={value}
          x1={EDGE.left}
          x2={width}
          y1={y(value)}
          y2={y(value)}
          className="stroke-border"
        />
      ))}
      <BarStack
        data={[...buckets]}
        keys={[...present]}
        x={({ from }) => from}
        value={({ counts }, phase) => counts.get(phase) ?? 0}
        xScale={x}
        yScale={y}
        color={color}
        className="motion-safe:transition-[height,y] motion-safe:duration-300"
      />
      {buckets.map((bucket) => (
        <Tooltip key={bucket.from} content={labelOf(bucket, range)}>
          <rect
            x={x(bucket.from)}
            y={EDGE.top}
            width={x.bandwidth()}
            height={HEIGHT - EDGE.top - EDGE.bottom}
            className="fill-transparent hover:fill-foreground/8"
          />
        </Tooltip>
      ))}
      <AxisLeft
        scale={y}
        left={EDGE.left}
        tickValues={y.ticks(4).filter(Number.isInteger)}
        tickFormat={String}
        hideAxisLine
        hideTicks
        tickLabelProps={{ ...tick, textAnchor: "end", dx: -6, dy: 4 }}
      />
      <AxisBottom
        scale={x}
        top={HEIGHT - EDGE.bottom}
        tickValues={labelled(buckets, width).map(({ from }) => from)}
        tickFormat={(from) => format.format(from)}
        hideTicks
        axisLineClassName="stroke-border"
        tickLabelProps={{ ...tick, textAnchor: "middle", dy: 2 }}
      />
    </svg>
  );
}

/** As many buckets as have room for their time, evenly spread. */
function labelled(buckets: readonly Bucket[], width: number): Bucket[] {
  const step = Math.max(1, Math.ceil((buckets.length * 72) / width));
  return buckets.filter((_, index) => index % step === Math.floor(step / 2));
}

function spanOf({ from, to }: Bucket, range: TimeRange): string {
  const span = `${hour.format(from)} to ${hour.format(to)}`;
  return range.id === "7d" ? `${day.format(from)}, ${span}` : span;
}

function labelOf(bucket: Bucket, range: TimeRange): string {
  const parts = stack.flatMap((phase) => {
    const count = bucket.counts.get(phase);
    return count ? [`${count} ${phaseLabel[phase].toLowerCase()}`] : [];
  });
  return `${spanOf(bucket, range)}: ${parts.join(", ") || "no runs"}`;
}
