import { Facts, Section } from "@/components/drawer";
import { PhaseIcon } from "@/components/status";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { formatDateTime, parseTime } from "@/lib/time";
import type { Phase } from "@/resources/phase";
import type { PipelineRunRow } from "@/resources/pipelineRun";

export function Summary({ row }: { row: PipelineRunRow }) {
  return (
    <Section title="Run" heading="h2">
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

export function Conditions({ row }: { row: PipelineRunRow }) {
  const conditions = row.run.status?.conditions ?? [];
  return (
    <Section title="Conditions" heading="h2">
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
type Param = NonNullable<PipelineRun["spec"]["params"]>[number];

export function Params({ params }: { params: readonly Param[] }) {
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
