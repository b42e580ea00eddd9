import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { Stage } from "@portal/shared";
import { useCDPipelinePermissions, useStagePermissions } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { z } from "zod";
import { trpc } from "@/app/client";
import { SelectField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import type { PipelineView } from "@/resources/delivery";

const schema = z.object({
  name: z
    .string()
    .min(2, "Use at least 2 characters.")
    .max(20, "Use at most 20 characters.")
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "Use lower-case letters, digits and dashes."),
  triggerType: z.enum(["Auto", "Manual", "Auto-stable"]),
  gate: z.enum(["manual", "autotests"]),
  description: z.string().max(250, "Use at most 250 characters."),
});
type Values = z.infer<typeof schema>;

/** Adds a stage at the end of a pipeline; the server counts its place. */
export function StageDialog({ view, onClose }: { view: PipelineView; onClose: () => void }) {
  const { namespace, name: pipeline } = view;
  const add = useMutation(trpc.stages.add.mutationOptions());
  const stages = useStagePermissions({ namespace });
  const pipelines = useCDPipelinePermissions({ namespace });
  const form = useResourceForm<Values, Stage>({
    defaultValues: { name: "", triggerType: "Manual", gate: "manual", description: "" },
    resolver: zodResolver(schema),
    submit: ({ gate, ...values }) =>
      add.mutateAsync({
        pipeline,
        namespace,
        ...values,
        qualityGates: [
          { qualityGateType: gate, stepName: gate === "manual" ? "approve" : "smoke" },
        ],
      }),
    onSuccess: (stage) => {
      toast.success(`${stage.metadata.name} is created`);
      onClose();
    },
    fieldOf: (field) => (field === "spec.name" ? "name" : null),
  });
  return (
    <FormDialog
      title={`Add a stage to ${pipeline}`}
      description="It comes after the stages there are."
      action="Add stage"
      form={form}
      permission={pipelines.patch.allowed ? stages.create : pipelines.patch}
      onClose={onClose}
    >
      <TextField control={form.control} name="name" label="Name" placeholder="staging" autoFocus />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          control={form.control}
          name="triggerType"
          label="Deploys"
          options={[
            { value: "Manual", label: "When somebody says so" },
            { value: "Auto", label: "Each new build" },
            { value: "Auto-stable", label: "Each new stable build" },
          ]}
        />
        <SelectField
          control={form.control}
          name="gate"
          label="Quality gate"
          options={[
            { value: "manual", label: "Somebody approves" },
            { value: "autotests", label: "Automatic tests" },
          ]}
        />
      </div>
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
