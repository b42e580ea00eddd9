import { useResourceForm } from "@fairlead/react/form";
import type { CodebaseBranch } from "@portal/shared";
import { useCodebaseBranchCRUD, useCodebaseBranchPermissions } from "@portal/shared/hooks";
import { TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";

const kinds = ["build", "review", "security"] as const;
type Values = { [kind in (typeof kinds)[number]]: string } & { version: string };

/** Changes what builds of a branch are called and which pipelines run for it; the branch itself stays. */
export function EditBranchDialog({
  branch,
  onClose,
}: {
  branch: CodebaseBranch;
  onClose: () => void;
}) {
  const { update, conflict } = useCodebaseBranchCRUD();
  const { spec, metadata } = branch;
  const own = spec.pipelines ?? {};
  const form = useResourceForm<Values, CodebaseBranch>({
    defaultValues: {
      build: own["build"] ?? "",
      review: own["review"] ?? "",
      security: own["security"] ?? "",
      version: spec.version ?? "",
    },
    submit: ({ version, ...named }) => {
      // An empty name is the platform's own choice; kinds that the form does not know stay.
      const pipelines = Object.entries({ ...own, ...named }).filter(([, name]) => name !== "");
      const { version: _, pipelines: __, ...rest } = spec;
      const changed = {
        ...rest,
        ...(version ? { version } : {}),
        ...(pipelines.length > 0 ? { pipelines: Object.fromEntries(pipelines) } : {}),
      };
      return update.mutateAsync({ base: branch, object: { ...branch, spec: changed } });
    },
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.version" ? "version" : null),
  });
  const permissions = useCodebaseBranchPermissions({ namespace: metadata.namespace ?? null });
  const { control } = form;
  return (
    <FormDialog
      title={`Edit ${spec.codebaseName} / ${spec.branchName}`}
      description="Codebase and branch stay; runs from now on go by what is said here."
      action="Save"
      form={form}
      permission={permissions.update}
      conflict={conflict}
      onClose={onClose}
    >
      <TextField control={control} name="version" label="Version" placeholder="1.0.0-SNAPSHOT" />
      {kinds.map((kind) => (
        <TextField
          key={kind}
          control={control}
          name={kind}
          label={`Pipeline of ${kind}`}
          placeholder="the platform's own"
        />
      ))}
    </FormDialog>
  );
}
