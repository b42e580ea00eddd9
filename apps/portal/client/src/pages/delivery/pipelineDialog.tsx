import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { CDPipeline } from "@portal/shared";
import { useCDPipelinePermissions, useCodebaseImageStreamWatchList } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import { Controller } from "react-hook-form";
import { toast } from "sonner";
import { z } from "zod";
import { trpc } from "@/app/client";
import { TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";
import { Checkbox } from "@/components/ui/checkbox";
import { Select } from "@/components/ui/select";

const schema = z.object({
  name: z
    .string()
    .min(2, "Use at least 2 characters.")
    .max(20, "Use at most 20 characters.")
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "Use lower-case letters, digits and dashes."),
  namespace: z.string().min(1, "Choose a namespace."),
  description: z.string().max(250, "Use at most 250 characters."),
  // The image stream by application.
  streams: z
    .record(z.string(), z.string())
    .refine((streams) => Object.keys(streams).length > 0, "Choose at least one application."),
});
type Values = z.infer<typeof schema>;

/** Creates a CD pipeline from applications, each with the branch whose builds it deploys. */
export function PipelineDialog({ namespace, onClose }: { namespace: string; onClose: () => void }) {
  const define = useMutation(trpc.cdPipelines.define.mutationOptions());
  const form = useResourceForm<Values, CDPipeline>({
    defaultValues: { name: "", namespace, description: "", streams: {} },
    resolver: zodResolver(schema),
    submit: ({ streams, ...values }) =>
      define.mutateAsync({
        ...values,
        applications: Object.entries(streams).map(([codebase, stream]) => ({ codebase, stream })),
      }),
    onSuccess: (pipeline) => {
      toast.success(`${pipeline.metadata.name} is created`);
      onClose();
    },
    fieldOf: (field) => (field === "spec.name" ? "name" : null),
  });
  const place = form.watch("namespace");
  const permissions = useCDPipelinePermissions({ namespace: place || null });
  return (
    <FormDialog
      title="Create CD pipeline"
      description="Applications that are deployed together."
      action="Create pipeline"
      form={form}
      permission={permissions.create}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField control={form.control} name="name" label="Name" autoFocus />
        <NamespaceField
          control={form.control}
          name="namespace"
          onChosen={() => form.setValue("streams", {})}
        />
      </div>
      <Controller
        control={form.control}
        name="streams"
        render={({ field, fieldState: { error } }) => (
          <Applications
            namespace={place}
            value={field.value}
            error={error?.message ?? error?.root?.message}
            onChange={field.onChange}
          />
        )}
      />
      <TextField
        control={form.control}
        name="description"
        label="Description"
        hint="Optional"
        multiline
      />
    </FormDialog>
  );
}

type Streams = { readonly [application: string]: string };

function Applications({
  namespace,
  value,
  error,
  onChange,
}: {
  namespace: string;
  value: Streams;
  error: string | undefined;
  onChange: (value: Streams) => void;
}) {
  const { items, isLoading } = useCodebaseImageStreamWatchList({
    namespace,
    enabled: namespace !== "",
  });
  const offered = useMemo(() => {
    const streams = new Map<string, string[]>();
    for (const { metadata, spec } of items) {
      // What stages have verified is for promotion, not for the start of a pipeline.
      if (!metadata.name || metadata.name.endsWith("-verified")) continue;
      streams.set(spec.codebase, [...(streams.get(spec.codebase) ?? []), metadata.name].sort());
    }
    return [...streams].sort(([a], [b]) => a.localeCompare(b));
  }, [items]);
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-[13px] font-medium">Applications</legend>
      <ul className="scroll-thin flex max-h-56 flex-col divide-y overflow-y-auto rounded-lg border">
        {offered.map(([codebase, streams]) => (
          <li key={codebase} className="flex min-h-12 items-center gap-3 px-3 py-1.5 text-[13px]">
            <Checkbox
              aria-label={codebase}
              checked={codebase in value}
              onCheckedChange={(on) => {
                const { [codebase]: _, ...rest } = value;
                onChange(on === true ? { ...rest, [codebase]: streams[0] ?? "" } : rest);
              }}
            />
            <span className="min-w-0 flex-1 truncate">{codebase}</span>
            {codebase in value ? (
              <Select
                aria-label={`Images of ${codebase}`}
                className="h-8 w-52 text-[13px]"
                value={value[codebase] ?? ""}
                onValueChange={(stream) => onChange({ ...value, [codebase]: stream })}
                options={streams.map((stream) => ({ value: stream, label: stream }))}
              />
            ) : null}
          </li>
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
