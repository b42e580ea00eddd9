import { Box } from "lucide-react";
import { Drawer, Facts, Labels, Section, Source } from "@/components/drawer";
import { PhaseIcon, Status } from "@/components/status";
import { Age, Duration } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { formatDateTime, parseTime } from "@/lib/time";
import type { Phase } from "@/resources/phase";
import type { PipelineRunRow } from "@/resources/pipelineRun";

/** One run's details. They stay live: the row given is the one of the table. */
export function PipelineRunDrawer({
  id,
  row,
  onClose,
}: {
  id: string | undefined;
  row: PipelineRunRow | undefined;
  onClose: () => void;
}) {
  return (
    <Drawer
      open={id !== undefined}
      onClose={onClose}
      title={row?.name ?? id ?? ""}
      subtitle={row ? <Subtitle row={row} /> : "PipelineRun"}
    >
      {row ? <Details row={row} /> : undefined}
    </Drawer>
  );
}

function Subtitle({ row }: { row: PipelineRunRow }) {
  return (
    <>
      <Status phase={row.phase} reason={row.reason} message={null} />
      <span>in {row.namespace}</span>
      <span aria-hidden="true">·</span>
      <Duration {...row} />
    </>
  );
}

function Details({ row }: { row: PipelineRunRow }) {
  const params = row.run.spec.params ?? [];
  const tasks = row.run.status?.childReferences ?? [];
  return (
    <Tabs defaultValue="summary" className="flex min-h-0 flex-1 flex-col">
      <TabsList className="px-5">
        <TabsTrigger value="summary">Summary</TabsTrigger>
        <TabsTrigger value="tasks">
          Tasks <Count value={tasks.length} />
        </TabsTrigger>
        <TabsTrigger value="params">
          Parameters <Count value={params.length} />
        </TabsTrigger>
        <TabsTrigger value="source">Source</TabsTrigger>
      </TabsList>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        <TabsContent value="summary" className="divide-y">
          <Summary row={row} />
          <Conditions row={row} />
          <Section title="Labels">
            <Labels labels={row.run.metadata.labels} />
          </Section>
        </TabsContent>
        <TabsContent value="tasks">
          <Tasks tasks={tasks} />
        </TabsContent>
        <TabsContent value="params">
          <Params params={params} />
        </TabsContent>
        <TabsContent value="source" className="p-5">
          <Source value={row.run} />
        </TabsContent>
      </div>
    </Tabs>
  );
}

function Count({ value }: { value: number }) {
  return <span className="rounded bg-muted px-1.5 text-xs tabular-nums">{value}</span>;
}

function Summary({ row }: { row: PipelineRunRow }) {
  return (
    <Section title="Run">
      <Facts
        facts={{
          Pipeline: row.pipeline,
          Type: row.type ? <Badge>{row.type}</Badge> : null,
          Codebase: row.codebase,
          Branch: row.branch,
          Author: row.author,
          Commit: row.commit ? (
            <code className="font-mono text-xs">{row.commit.slice(0, 12)}</code>
          ) : null,
          Change: row.commitMessage,
          Started: row.started === null ? null : formatDateTime(row.started),
          Finished: row.ended === null ? null : formatDateTime(row.ended),
          Message: row.message,
        }}
      />
    </Section>
  );
}

const conditionPhase: { [status: string]: Phase } = {
  True: "succeeded",
  False: "failed",
  Unknown: "running",
};

function Conditions({ row }: { row: PipelineRunRow }) {
  const conditions = row.run.status?.conditions ?? [];
  return (
    <Section title="Conditions">
      {conditions.length === 0 ? <None>The cluster has not reported any yet.</None> : null}
      <ul className="flex flex-col gap-3">
        {conditions.map((condition) => (
          <li key={condition.type} className="flex gap-2.5 text-[13px]">
            <PhaseIcon
              // The deciding condition shows the run's own state: a cancelled run has not failed.
              phase={
                condition.type === "Succeeded"
                  ? row.phase
                  : (conditionPhase[condition.status] ?? "unknown")
              }
              className="mt-0.5"
            />
            <div className="min-w-0">
              <p>
                <span className="font-medium">{condition.type}</span>{" "}
                <span className="text-muted-foreground">
                  {condition.status}
                  {condition.reason ? ` · ${condition.reason}` : ""}
                  {condition.lastTransitionTime ? " · " : ""}
                </span>
                {condition.lastTransitionTime ? (
                  <span className="text-muted-foreground">
                    <Age time={parseTime(condition.lastTransitionTime)} suffix=" ago" />
                  </span>
                ) : null}
              </p>
              {condition.message ? (
                <p className="break-words text-muted-foreground">{condition.message}</p>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

type PipelineRun = PipelineRunRow["run"];
type Task = NonNullable<NonNullable<PipelineRun["status"]>["childReferences"]>[number];
type Param = NonNullable<PipelineRun["spec"]["params"]>[number];

function Tasks({ tasks }: { tasks: readonly Task[] }) {
  if (tasks.length === 0) return <None padded>No task has started yet.</None>;
  return (
    <ul className="divide-y">
      {tasks.map((task) => (
        <li key={task.name} className="flex items-start gap-3 px-5 py-3 text-[13px]">
          <Box aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
          <div className="min-w-0">
            <p className="font-medium">{task.pipelineTaskName ?? task.name}</p>
            <p className="break-all text-muted-foreground">
              {task.kind ?? "TaskRun"} {task.name}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Params({ params }: { params: readonly Param[] }) {
  if (params.length === 0) return <None padded>This run has no parameters.</None>;
  return (
    <dl className="divide-y text-[13px]">
      {params.map((param) => (
        <div key={param.name} className="px-5 py-3">
          <dt className="text-muted-foreground">{param.name}</dt>
          <dd className="mt-0.5 font-mono text-xs break-all whitespace-pre-wrap">
            {typeof param.value === "string" ? param.value : JSON.stringify(param.value, null, 2)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function None({ padded = false, children }: { padded?: boolean; children: string }) {
  return (
    <p
      className={
        padded ? "p-5 text-[13px] text-muted-foreground" : "text-[13px] text-muted-foreground"
      }
    >
      {children}
    </p>
  );
}
