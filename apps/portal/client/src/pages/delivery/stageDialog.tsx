import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { Stage } from "@portal/shared";
import { editStage } from "@portal/shared/drafts";
import { useCDPipelinePermissions, useStageCRUD, useStagePermissions } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import type { Control } from "react-hook-form";
import { toast } from "sonner";
import { z } from "zod";
import { trpc } from "@/app/client";
import { DescriptionField, SelectField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import type { PipelineView } from "@/resources/delivery";
import { GatesField, gatesOf, SOMEBODY_APPROVES, toGates } from "./gatesField";
import { type StageValues, zStage } from "./schemas";

// It keeps the name it has, whatever names were allowed when it was added.
const zEdited = zStage.extend({ name: z.string() });

/** Adds a stage at the end of a pipeline; the server counts its place. */
export function StageDialog({ view, onClose }: { view: PipelineView; onClose: () => void }) {
  const { namespace, name: pipeline } = view;
  const add = useMutation(trpc.stages.add.mutationOptions());
  const stages = useStagePermissions({ namespace });
  const pipelines = useCDPipelinePermissions({ namespace });
  const form = useResourceForm<StageValues, Stage>({
    defaultValues: {
      name: "",
      triggerType: "Manual",
      qualityGates: [SOMEBODY_APPROVES],
      description: "",
    },
    resolver: zodResolver(zStage),
    submit: ({ qualityGates, ...values }) =>
      add.mutateAsync({ pipeline, namespace, ...values, qualityGates: toGates(qualityGates) }),
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
      <TextField control={form.control} name="name" label="Name" placeholder="staging" />
      <StageFields control={form.control} namespace={namespace} />
    </FormDialog>
  );
}

/** Changes when a stage deploys and what must be passed; its place and its namespace stay. */
export function EditStageDialog({ stage, onClose }: { stage: Stage; onClose: () => void }) {
  const { update, conflict } = useStageCRUD();
  const { name, namespace = null } = stage.metadata;
  const { triggerType = "Manual", qualityGates, description } = stage.spec;
  const form = useResourceForm<StageValues, Stage>({
    defaultValues: {
      name: stage.spec.name,
      triggerType,
      qualityGates: gatesOf(qualityGates),
      description: description ?? "",
    },
    resolver: zodResolver(zEdited),
    submit: (values) => {
      const edits = {
        triggerType: values.triggerType,
        qualityGates: toGates(values.qualityGates),
        description: values.description || null,
      };
      return update.mutateAsync({ base: stage, object: editStage(stage, edits) });
    },
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.description" ? "description" : null),
  });
  const permissions = useStagePermissions({ namespace });
  return (
    <FormDialog
      title={`Edit ${name}`}
      description="Its place in the row and its namespace stay as they were when it was added."
      action="Save"
      form={form}
      permission={permissions.update}
      conflict={conflict}
      onClose={onClose}
    >
      <StageFields control={form.control} namespace={namespace ?? ""} />
    </FormDialog>
  );
}

function StageFields({ control, namespace }: { control: Control<StageValues>; namespace: string }) {
  return (
    <>
      <SelectField
        control={control}
        name="triggerType"
        label="Deploys"
        options={[
          { value: "Manual", label: "When somebody says so" },
          { value: "Auto", label: "Each new build" },
          { value: "Auto-stable", label: "Each new stable build" },
        ]}
      />
      <GatesField control={control} namespace={namespace} />
      <DescriptionField control={control} name="description" />
    </>
  );
}
