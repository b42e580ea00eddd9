import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { CDPipeline } from "@portal/shared";
import { editCDPipeline } from "@portal/shared/drafts";
import { useCDPipelineCRUD, useCDPipelinePermissions } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { z } from "zod";
import { trpc } from "@/app/client";
import { DescriptionField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";
import { ApplicationsField, applicationsOf, toLists } from "./applicationsField";
import { zApplications, zDescription, zShortName } from "./schemas";

const editSchema = z.object({ description: zDescription, applications: zApplications });
type EditValues = z.infer<typeof editSchema>;

const schema = editSchema.extend({
  name: zShortName,
  namespace: z.string().min(1, "Choose a namespace."),
});
type Values = z.infer<typeof schema>;

/** Creates a CD pipeline from applications, each with the branch whose builds it deploys. */
export function PipelineDialog({ namespace, onClose }: { namespace: string; onClose: () => void }) {
  const define = useMutation(trpc.cdPipelines.define.mutationOptions());
  const form = useResourceForm<Values, CDPipeline>({
    defaultValues: { name: "", namespace, description: "", applications: {} },
    resolver: zodResolver(schema),
    submit: ({ applications, ...values }) =>
      define.mutateAsync({
        ...values,
        applications: Object.entries(applications).map(([codebase, chosen]) => ({
          codebase,
          ...chosen,
        })),
      }),
    onSuccess: (pipeline) => {
      toast.success(`${pipeline.metadata.name} is created`);
      onClose();
    },
    fieldOf: (field) => (field === "spec.name" ? "name" : null),
  });
  const place = form.watch("namespace");
  const permissions = useCDPipelinePermissions({ namespace: place || null });
  const { control } = form;
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
        <TextField control={control} name="name" label="Name" />
        <NamespaceField
          control={control}
          name="namespace"
          onChosen={() => form.setValue("applications", {})}
        />
      </div>
      <ApplicationsField control={control} name="applications" namespace={place} />
      <DescriptionField control={control} name="description" />
    </FormDialog>
  );
}

/** Lists of the object that go in pairs: of two changes one is taken whole. */
const together = ["spec.applications", "spec.inputDockerStreams", "spec.applicationsToPromote"];

/** Changes what a CD pipeline deploys, and what is said of it. */
export function EditPipelineDialog({
  pipeline,
  onClose,
}: {
  pipeline: CDPipeline;
  onClose: () => void;
}) {
  const { update, conflict } = useCDPipelineCRUD();
  const { name, namespace = null } = pipeline.metadata;
  const form = useResourceForm<EditValues, CDPipeline>({
    defaultValues: {
      description: pipeline.spec.description ?? "",
      applications: applicationsOf(pipeline),
    },
    resolver: zodResolver(editSchema),
    submit: ({ description, applications }) => {
      const edits = { description: description || null, ...toLists(applications) };
      return update.mutateAsync({ base: pipeline, object: editCDPipeline(pipeline, edits) });
    },
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.description" ? "description" : null),
  });
  const permissions = useCDPipelinePermissions({ namespace });
  const { control } = form;
  return (
    <FormDialog
      title={`Edit ${name}`}
      description="What is taken out stays where it runs; it is no longer deployed from here."
      action="Save"
      form={form}
      permission={permissions.update}
      conflict={conflict}
      together={together}
      onClose={onClose}
    >
      <ApplicationsField control={control} name="applications" namespace={namespace ?? ""} />
      <DescriptionField control={control} name="description" />
    </FormDialog>
  );
}
