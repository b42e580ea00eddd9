import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { Codebase, CodebaseEdits } from "@portal/shared";
import { editCodebase } from "@portal/shared/drafts";
import { useCodebaseCRUD, useCodebasePermissions } from "@portal/shared/hooks";
import { zCodebaseEdits } from "@portal/shared/schemas";
import { TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";

const fields = ["description", "commitMessagePattern", "ticketNamePattern", "jiraServer"] as const;

/** Changes what may be changed in a codebase that is there; an empty field is taken away. */
export function EditCodebaseDialog({
  codebase,
  onClose,
}: {
  codebase: Codebase;
  onClose: () => void;
}) {
  const { update, conflict } = useCodebaseCRUD();
  const { name, namespace = null } = codebase.metadata;
  const { spec } = codebase;
  const form = useResourceForm<CodebaseEdits, Codebase>({
    defaultValues: Object.fromEntries(fields.map((field) => [field, spec[field] ?? ""])),
    resolver: zodResolver(zCodebaseEdits),
    submit: (values) => {
      const edits = Object.fromEntries(fields.map((field) => [field, values[field] || null]));
      // What was read, so that somebody else's change in between is told and not overwritten.
      return update.mutateAsync({ base: codebase, object: editCodebase(codebase, edits) });
    },
    onSuccess: onClose,
    fieldOf: (place) => fields.find((field) => place === `spec.${field}`) ?? null,
  });
  const permissions = useCodebasePermissions({ namespace });
  const { control } = form;
  return (
    <FormDialog
      title={`Edit ${name}`}
      description="Where it lives and how it is built stay as they were when it was created."
      action="Save"
      form={form}
      permission={permissions.update}
      conflict={conflict}
      onClose={onClose}
    >
      <TextField control={control} name="description" label="Description" multiline />
      <TextField
        control={control}
        name="commitMessagePattern"
        label="Commit message pattern"
        hint="A regular expression that every commit message must match."
        placeholder="^\[JIRA-\d+\]:.*$"
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          control={control}
          name="ticketNamePattern"
          label="Ticket name pattern"
          placeholder="JIRA-\d+"
        />
        <TextField control={control} name="jiraServer" label="Jira server" placeholder="jira" />
      </div>
    </FormDialog>
  );
}
