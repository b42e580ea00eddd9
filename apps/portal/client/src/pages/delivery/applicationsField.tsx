import type { CDPipeline } from "@portal/shared";
import { useCodebaseImageStreamWatchList } from "@portal/shared/hooks";
import { useMemo } from "react";
import { type Control, Controller, type FieldPath, type FieldValues } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { Select } from "@/components/ui/select";
import type { Applications } from "./schemas";

/** The applications of a pipeline, whose cluster object has them as lists that go in pairs. */
export function applicationsOf({ spec }: CDPipeline): Applications {
  const promoted = new Set(spec.applicationsToPromote ?? []);
  return Object.fromEntries(
    spec.applications.map((name, index) => [
      name,
      { stream: spec.inputDockerStreams[index] ?? "", promote: promoted.has(name) },
    ]),
  );
}

/** The lists again. */
export function toLists(chosen: Applications) {
  const entries = Object.entries(chosen);
  return {
    applications: entries.map(([name]) => name),
    inputDockerStreams: entries.map(([, { stream }]) => stream),
    applicationsToPromote: entries.flatMap(([name, { promote }]) => (promote ? [name] : [])),
  };
}

/** A choice of what has been built in a namespace, with the branch and the promotion of each. */
export function ApplicationsField<Values extends FieldValues>({
  control,
  name,
  namespace,
}: {
  control: Control<Values>;
  name: FieldPath<Values>;
  namespace: string;
}) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState: { error } }) => (
        <Choice
          namespace={namespace}
          value={field.value}
          error={error?.message ?? error?.root?.message}
          onChange={field.onChange}
        />
      )}
    />
  );
}

function Choice({
  namespace,
  value,
  error,
  onChange,
}: {
  namespace: string;
  value: Applications;
  error: string | undefined;
  onChange: (value: Applications) => void;
}) {
  const { offered, isLoading } = useOffered(namespace, value);
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-[13px] font-medium">Applications</legend>
      <ul className="scroll-thin flex max-h-64 flex-col divide-y overflow-y-auto rounded-lg border">
        {offered.map(([codebase, streams]) => (
          <Line
            key={codebase}
            codebase={codebase}
            streams={streams}
            chosen={value[codebase]}
            onChange={(chosen) => {
              const { [codebase]: _, ...rest } = value;
              // In its place, where it has one.
              onChange(chosen ? { ...value, [codebase]: chosen } : rest);
            }}
          />
        ))}
        {offered.length === 0 ? (
          <li className="px-3 py-3 text-[13px] text-muted-foreground">
            {isLoading ? "Loading applications…" : "Nothing has been built in this namespace."}
          </li>
        ) : null}
      </ul>
      {error ? (
        <p role="alert" className="text-xs text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}

/** Streams by application: what has been built, and what is chosen already, built or not. */
function useOffered(namespace: string, value: Applications) {
  const enabled = namespace !== "";
  const { items, isLoading } = useCodebaseImageStreamWatchList({ namespace, enabled });
  const offered = useMemo(() => {
    const streams = new Map<string, Set<string>>();
    const add = (codebase: string, stream: string) =>
      streams.set(codebase, (streams.get(codebase) ?? new Set<string>()).add(stream));
    for (const [codebase, { stream }] of Object.entries(value)) add(codebase, stream);
    for (const { metadata, spec } of items) {
      // What stages have verified is for promotion, not for the start of a pipeline.
      if (metadata.name && !metadata.name.endsWith("-verified")) add(spec.codebase, metadata.name);
    }
    return [...streams]
      .map(([codebase, found]): [string, string[]] => [codebase, [...found].sort()])
      .sort(([a], [b]) => a.localeCompare(b));
  }, [items, value]);
  return { offered, isLoading };
}

function Line({
  codebase,
  streams,
  chosen,
  onChange,
}: {
  codebase: string;
  streams: readonly string[];
  chosen: Applications[string] | undefined;
  onChange: (chosen: Applications[string] | null) => void;
}) {
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 text-[13px]">
      <Checkbox
        aria-label={codebase}
        checked={chosen !== undefined}
        onCheckedChange={(on) =>
          onChange(on === true ? { stream: streams[0] ?? "", promote: true } : null)
        }
      />
      <span className="min-w-0 flex-1 truncate">{codebase}</span>
      {chosen ? (
        <>
          <Select
            aria-label={`Images of ${codebase}`}
            className="h-8 w-44 text-[13px]"
            value={chosen.stream}
            onValueChange={(stream) => onChange({ ...chosen, stream })}
            options={streams.map((stream) => ({ value: stream, label: stream }))}
          />
          <span className="flex items-center gap-1.5">
            <Checkbox
              aria-label={`Promote ${codebase}`}
              checked={chosen.promote}
              onCheckedChange={(on) => onChange({ ...chosen, promote: on === true })}
            />
            <span aria-hidden="true" className="text-xs text-muted-foreground">
              promote
            </span>
          </span>
        </>
      ) : null}
    </li>
  );
}
