import { useEffect, useRef } from "react";
import { PhaseIcon } from "@/components/status";
import { Duration } from "@/components/times";
import { cn } from "@/lib/cn";
import type { RunGraph, RunTask } from "@/resources/runGraph";

const WIDTH = 184;
const HEIGHT = 48;
const GAP_X = 44;
const GAP_Y = 14;

/** The tasks of a run as a graph from left to right; each can be chosen. */
export function Graph({
  graph,
  chosen,
  onChoose,
}: {
  graph: RunGraph;
  chosen: string | undefined;
  onChoose: (name: string) => void;
}) {
  const rows = Math.max(1, ...graph.columns.map((column) => column.length));
  const height = rows * (HEIGHT + GAP_Y) - GAP_Y;
  const width = graph.columns.length * (WIDTH + GAP_X) - GAP_X;
  const places = new Map<string, { x: number; y: number }>();
  graph.columns.forEach((column, index) => {
    const top = (height - (column.length * (HEIGHT + GAP_Y) - GAP_Y)) / 2;
    column.forEach((task, row) => {
      places.set(task.name, { x: index * (WIDTH + GAP_X), y: top + row * (HEIGHT + GAP_Y) });
    });
  });
  return (
    <div className="scroll-thin overflow-x-auto p-5">
      <div className="relative mx-auto" style={{ width, height }}>
        <svg aria-hidden="true" width={width} height={height} className="absolute inset-0">
          {graph.edges.map(([from, to]) => {
            const a = places.get(from);
            const b = places.get(to);
            return a && b ? (
              <path key={`${from} ${to}`} d={curve(a, b)} className="fill-none stroke-input" />
            ) : null;
          })}
        </svg>
        <ul aria-label="Tasks">
          {graph.columns.flat().map((task) => (
            <li
              key={task.name}
              className="absolute"
              style={{ left: places.get(task.name)?.x, top: places.get(task.name)?.y }}
            >
              <Node task={task} isChosen={task.name === chosen} onChoose={onChoose} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** Brings the chosen task into view: it may be far to the right. */
function useScrollToChosen(isChosen: boolean) {
  const element = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isChosen) element.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [isChosen]);
  return element;
}

function Node({
  task,
  isChosen,
  onChoose,
}: {
  task: RunTask;
  isChosen: boolean;
  onChoose: (name: string) => void;
}) {
  const element = useScrollToChosen(isChosen);
  return (
    <button
      ref={element}
      type="button"
      data-testid={`task-${task.name}`}
      data-phase={task.phase}
      aria-pressed={isChosen}
      onClick={() => onChoose(task.name)}
      style={{ width: WIDTH, height: HEIGHT }}
      className={cn(
        "flex scroll-mx-5 items-center gap-2.5 rounded-lg border bg-card px-3 text-left shadow-xs transition-colors hover:bg-accent",
        isChosen && "border-primary bg-primary/8 ring-1 ring-primary",
        task.started === null && "border-dashed",
      )}
    >
      <PhaseIcon phase={task.phase} />
      <span className="min-w-0 flex-1 leading-tight">
        <span className="block truncate text-[13px] font-medium" title={task.name}>
          {task.name}
        </span>
        <span className="block truncate text-xs text-muted-foreground">
          {task.approval && task.phase === "pending" ? (
            task.reason
          ) : task.taskRun && task.started !== null ? (
            <Duration {...task} />
          ) : (
            task.reason
          )}
        </span>
      </span>
    </button>
  );
}

function curve(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const [x1, y1] = [from.x + WIDTH, from.y + HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}
