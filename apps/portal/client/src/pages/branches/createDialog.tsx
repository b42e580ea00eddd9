import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { CodebaseBranch, CodebaseBranchDraftInputs } from "@portal/shared";
import { createCodebaseBranchDraft } from "@portal/shared/drafts";
import {
  useCodebaseBranchCRUD,
  useCodebaseBranchPermissions,
  useCodebaseWatchList,
} from "@portal/shared/hooks";
import { zCodebaseBranchDraftInputs } from "@portal/shared/schemas";
import { client } from "@/app/client";
import { SelectField, SwitchField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";

/** Has another branch of a codebase built; it goes with the codebase. */
export function CreateBranchDialog({
  namespace,
  onClose,
}: {
  /** The one that is offered first. */
  namespace: string;
  onClose: () => void;
}) {
  const { create } = useCodebaseBranchCRUD();
  const form = useResourceForm<CodebaseBranchDraftInputs, CodebaseBranch>({
    defaultValues: {
      namespace,
      codebaseName: "",
      branchName: "",
      fromCommit: "",
      release: false,
      version: "",
    },
    resolver: zodResolver(zCodebaseBranchDraftInputs),
    submit: async (values) => {
      const { codebaseName: name, namespace: place } = values;
      const owner = await client.codebases.get.query({ name, namespace: place });
      return create.mutateAsync(createCodebaseBranchDraft({ ...values, owner }));
    },
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.branchName" ? "branchName" : null),
  });
  const chosen = form.watch("namespace");
  const codebases = useCodebaseWatchList({ namespace: chosen || null });
  const permissions = useCodebaseBranchPermissions({ namespace: chosen || null });
  const { control } = form;
  const names = codebases.items.map(({ metadata }) => metadata.name ?? "").sort();
  return (
    <FormDialog
      title="Create branch"
      description="A branch of a codebase, which the platform makes, builds and versions."
      action="Create branch"
      form={form}
      permission={permissions.create}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <NamespaceField
          control={control}
          name="namespace"
          onChosen={() => form.setValue("codebaseName", "")}
        />
        <SelectField
          control={control}
          name="codebaseName"
          label="Codebase"
          options={names.map((value) => ({ value, label: value }))}
        />
      </div>
      <TextField
        control={control}
        name="branchName"
        label="Branch"
        placeholder="feature/something"
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          control={control}
          name="fromCommit"
          label="From commit"
          hint="Empty: the tip of the default branch."
        />
        <TextField control={control} name="version" label="Version" hint="Optional" />
      </div>
      <SwitchField
        control={control}
        name="release"
        label="Release branch"
        hint="Its builds are candidates for a release."
      />
    </FormDialog>
  );
}
