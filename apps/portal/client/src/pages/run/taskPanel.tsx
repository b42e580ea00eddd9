import type { StepState } from "@portal/shared";
import { LogView } from "@/components/logView";
import { Status } from "@/components/status";
import { Duration } from "@/components/times";
import type { RunTask } from "@/resources/runGraph";
import { Decide } from "../decide";

function containerOf({ container, name }: StepState): string {
  return container ?? `step-${name}`;
}

/** What the chosen task does: its log as it is written, or the question that it asks. */
export function TaskPanel({ task, namespace }: { task: RunTask; namespace: string }) {
  const pod = task.taskRun?.status?.podName;
  const steps = task.taskRun?.status?.steps ?? [];
  const containers = steps.map(containerOf);
  const failed = steps.find(({ terminated }) => (terminated?.exitCode ?? 0) !== 0);
  return (
    <section aria-label={`Task ${task.name}`} className="flex min-h-72 flex-1 flex-col border-t">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 px-5 py-2.5 text-[13px]">
        <h2 className="font-semibold">{task.name}</h2>
        <Status phase={task.phase} reason={task.reason} message={null} />
        {task.taskRun ? <Duration {...task} /> : null}
        {task.message ? (
          <span className="min-w-0 truncate text-muted-foreground" title={task.message}>
            {task.message}
          </span>
        ) : null}
        {task.approval ? (
          <span className="ml-auto">
            <Decide approval={task.approval} />
          </span>
        ) : null}
      </header>
      {task.approval ? (
        <p className="border-t px-5 py-6 text-[13px]">{task.approval.spec.description}</p>
      ) : pod && containers.length > 0 ? (
        <div className="flex min-h-0 flex-1 flex-col border-t">
          <LogView
            key={pod}
            name={pod}
            namespace={namespace}
            containers={containers}
            // Who looks at what failed wants to know why.
            first={failed ? containerOf(failed) : undefined}
          />
        </div>
      ) : (
        <p className="border-t px-5 py-6 text-[13px] text-muted-foreground">
          {task.started === null
            ? "It starts when the tasks before it are done."
            : "Its pod has not started yet."}
        </p>
      )}
    </section>
  );
}
