import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import type { Pipeline, PipelineRun } from "@portal/shared";
import { usePipelineRunPermissions, usePipelineWatchList } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Control } from "react-hook-form";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { SelectField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";

type Values = {
  namespace: string;
  pipeline: string;
  /** By place in the pipeline's list: a parameter's name may have dots, which would be a path here. */
  params: string[];
};
type ParamSpec = NonNullable<Pipeline["spec"]["params"]>[number];

/** Starts a run of a pipeline with the parameters that it declares. */
export function StartRunDialog({
  namespace,
  onClose,
}: {
  /** The one that is offered first. */
  namespace: string;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const start = useMutation(trpc.pipelineRuns.start.mutationOptions());
  const form = useResourceForm<Values, PipelineRun>({
    defaultValues: { namespace, pipeline: "", params: [] },
    submit: ({ namespace: place, pipeline: name, params }) =>
      start.mutateAsync({ namespace: place, pipeline: name, params: toParams(declared, params) }),
    onSuccess: ({ metadata }) => {
      toast.success(`${metadata.name} has started`);
      const params = { namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
      void navigate({ to: "/pipelines/$namespace/$name", params });
    },
  });
  const place = form.watch("namespace");
  const pipelines = usePipelineWatchList({ namespace: place || null, enabled: place !== "" });
  const chosen = pipelines.items.find(({ metadata }) => metadata.name === form.watch("pipeline"));
  const declared: readonly ParamSpec[] = chosen?.spec.params ?? [];
  const template = chosen?.metadata.labels?.["app.edp.epam.com/triggertemplate"];
  const permissions = usePipelineRunPermissions({ namespace: place || null });
  const names = pipelines.items.map(({ metadata }) => metadata.name ?? "").sort();
  const { control, setValue } = form;
  return (
    <FormDialog
      title="Run pipeline"
      description={chosen?.spec.description ?? "Starts a run with the parameters that you give."}
      action="Run"
      form={form}
      permission={permissions.create}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <NamespaceField
          control={control}
          name="namespace"
          onChosen={() => setValue("pipeline", "")}
        />
        <SelectField
          control={control}
          name="pipeline"
          label="Pipeline"
          hint={
            pipelines.status === "ready" && names.length === 0 ? "There is none here." : undefined
          }
          options={names.map((value) => ({ value, label: value }))}
          onChosen={(name) => {
            const found = pipelines.items.find(({ metadata }) => metadata.name === name);
            setValue("params", (found?.spec.params ?? []).map(initialText));
          }}
        />
      </div>
      {template ? (
        <p className="text-[13px] text-muted-foreground">
          Its workspaces and its service account come from the TriggerTemplate {template}.
        </p>
      ) : null}
      {declared.map((param, index) => (
        <ParamField
          key={`${chosen?.metadata.name} ${param.name}`}
          control={control}
          param={param}
          index={index}
        />
      ))}
    </FormDialog>
  );
}

function ParamField({
  control,
  param,
  index,
}: {
  control: Control<Values>;
  param: ParamSpec;
  index: number;
}) {
  const shared = {
    control,
    name: `params.${index}` as const,
    label: param.name,
    hint: param.description ?? undefined,
  };
  if (param.enum) {
    const options = param.enum.map((value) => ({ value, label: value }));
    return <SelectField {...shared} options={options} />;
  }
  return <TextField {...shared} multiline={param.type === "array" || param.type === "object"} />;
}

function initialText({ default: value }: ParamSpec): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What was filled in, or changed from its default; an empty field is one that was not given. */
function toParams(declared: readonly ParamSpec[], texts: readonly string[]) {
  const given = declared.flatMap((param, index): [string, string][] => {
    const text = texts[index] ?? "";
    return text === initialText(param) ? [] : [[param.name, text]];
  });
  return Object.fromEntries(given);
}
