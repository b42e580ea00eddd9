import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { GitServer, RouterInputs } from "@portal/shared";
import { editGitServer } from "@portal/shared/drafts";
import { useGitServerCRUD, useGitServerPermissions } from "@portal/shared/hooks";
import { zGitServerEdits, zNewGitServer } from "@portal/shared/schemas";
import { useMutation } from "@tanstack/react-query";
import type { Control } from "react-hook-form";
import { toast } from "sonner";
import { z } from "zod";
import { trpc } from "@/app/client";
import { SelectField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";

type NewGitServer = RouterInputs["gitServers"]["connect"]["server"];

const providers = [
  { value: "github", label: "GitHub" },
  { value: "gitlab", label: "GitLab" },
  { value: "gerrit", label: "Gerrit" },
  { value: "bitbucket", label: "Bitbucket" },
];

/** Asks for a server and its keys; the server makes both objects, or neither. */
export function ConnectDialog({ namespace, onClose }: { namespace: string; onClose: () => void }) {
  const connect = useMutation(trpc.gitServers.connect.mutationOptions());
  const form = useResourceForm<NewGitServer, GitServer>({
    defaultValues: {
      name: "",
      namespace,
      host: "",
      provider: "github",
      user: "git",
      sshPort: 22,
      httpsPort: 443,
      credentials: { sshKey: "", token: "" },
    },
    resolver: zodResolver(zNewGitServer),
    submit: (server) => connect.mutateAsync({ server }),
    onSuccess: (server) => {
      toast.success(`${server.metadata.name} is connected`);
      onClose();
    },
    fieldOf: (field) => (field === "spec.gitHost" ? "host" : null),
  });
  const permissions = useGitServerPermissions({ namespace: form.watch("namespace") || null });
  const { control } = form;
  return (
    <FormDialog
      title="Connect Git server"
      description="The server and its credentials are made together, or not at all."
      action="Connect"
      form={form}
      permission={permissions.create}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField control={control} name="name" label="Name" placeholder="github" />
        <NamespaceField control={control} name="namespace" />
        <SelectField control={control} name="provider" label="Provider" options={providers} />
        <TextField control={control} name="host" label="Host" placeholder="github.com" />
      </div>
      <ReachFields control={control} />
      <KeyFields control={control} hint="Kept in a Secret; no page shows it again." />
    </FormDialog>
  );
}

// What cannot be changed is not judged again, and keys that are not given stay as they are.
const zEdited = z
  .custom<NewGitServer>()
  .superRefine(({ host, user, sshPort, httpsPort }, { addIssue }) => {
    const { error } = zGitServerEdits.safeParse({ host, user, sshPort, httpsPort });
    for (const { path, message } of error?.issues ?? [])
      addIssue({ code: "custom", path, message });
  });

/** Changes where a server is reached, and what opens it: both are saved, or neither. */
export function EditServerDialog({ server, onClose }: { server: GitServer; onClose: () => void }) {
  const change = useMutation(trpc.gitServers.change.mutationOptions());
  const { name = "", namespace = null } = server.metadata;
  const saveWithKeys = async ({ metadata, spec }: GitServer) => {
    const { sshKey, token } = form.getValues("credentials");
    const saved = await change.mutateAsync({
      name,
      namespace,
      resourceVersion: metadata.resourceVersion ?? "",
      edits: {
        host: spec.gitHost,
        user: spec.gitUser,
        sshPort: spec.sshPort,
        httpsPort: spec.httpsPort,
      },
      credentials: { sshKey: sshKey || null, token: token || null },
    });
    if (sshKey || token) toast.success(`${name} has new credentials`);
    return saved;
  };
  const { update, conflict } = useGitServerCRUD({ sendUpdate: saveWithKeys });
  const form = useResourceForm<NewGitServer, GitServer>({
    defaultValues: toValues(server),
    resolver: zodResolver(zEdited),
    submit: ({ host, user, sshPort, httpsPort }) =>
      update.mutateAsync({
        base: server,
        object: editGitServer(server, { host, user, sshPort, httpsPort }),
      }),
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.gitHost" ? "host" : null),
  });
  const permissions = useGitServerPermissions({ namespace });
  const { control } = form;
  return (
    <FormDialog
      title={`Edit ${name}`}
      description="It is saved with its keys, or not at all."
      action="Save"
      form={form}
      permission={permissions.patch}
      conflict={conflict}
      onClose={onClose}
    >
      <TextField control={control} name="host" label="Host" />
      <ReachFields control={control} />
      <KeyFields
        control={control}
        hint="Keys that are left empty stay as they are. No page shows them."
      />
    </FormDialog>
  );
}

function toValues({ metadata, spec }: GitServer): NewGitServer {
  return {
    name: metadata.name ?? "",
    namespace: metadata.namespace ?? "",
    host: spec.gitHost,
    provider: spec.gitProvider ?? "github",
    user: spec.gitUser ?? "git",
    sshPort: spec.sshPort,
    httpsPort: spec.httpsPort,
    credentials: { sshKey: "", token: "" },
  };
}

function ReachFields({ control }: { control: Control<NewGitServer> }) {
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <TextField control={control} name="user" label="User" />
      <TextField control={control} name="sshPort" label="SSH port" type="number" />
      <TextField control={control} name="httpsPort" label="HTTPS port" type="number" />
    </div>
  );
}

function KeyFields({ control, hint }: { control: Control<NewGitServer>; hint: string }) {
  return (
    <>
      <TextField
        control={control}
        name="credentials.sshKey"
        label="Private SSH key"
        placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
        multiline
      />
      <TextField
        control={control}
        name="credentials.token"
        label="Access token"
        type="password"
        hint={hint}
      />
    </>
  );
}
