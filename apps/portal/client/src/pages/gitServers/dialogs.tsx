import "@/components/form/zodWithoutEval";

import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { GitServer, RouterInputs } from "@portal/shared";
import { useGitServerPermissions } from "@portal/shared/hooks";
import { zCredentials, zNewGitServer } from "@portal/shared/schemas";
import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { SelectField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";

type NewGitServer = RouterInputs["gitServers"]["connect"]["server"];
type Credentials = NewGitServer["credentials"];

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
        <TextField control={control} name="name" label="Name" placeholder="github" autoFocus />
        <NamespaceField control={control} name="namespace" />
        <SelectField control={control} name="provider" label="Provider" options={providers} />
        <TextField control={control} name="host" label="Host" placeholder="github.com" />
      </div>
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField control={control} name="user" label="User" />
        <TextField control={control} name="sshPort" label="SSH port" type="number" />
        <TextField control={control} name="httpsPort" label="HTTPS port" type="number" />
      </div>
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
        hint="Kept in a Secret; no page shows it again."
      />
    </FormDialog>
  );
}

/** Asks for new keys of a server that is there. */
export function RenewDialog({ server, onClose }: { server: GitServer; onClose: () => void }) {
  const { name = "", namespace = null } = server.metadata;
  const renew = useMutation(trpc.gitServers.renew.mutationOptions());
  const permissions = useGitServerPermissions({ namespace });
  const form = useResourceForm<Credentials, unknown>({
    defaultValues: { sshKey: "", token: "" },
    resolver: zodResolver(zCredentials),
    submit: (credentials) => renew.mutateAsync({ name, namespace, credentials }),
    onSuccess: () => {
      toast.success(`${name} has new credentials`);
      onClose();
    },
  });
  return (
    <FormDialog
      title={`New credentials for ${name}`}
      description="They replace the ones there are."
      action="Replace"
      form={form}
      permission={permissions.patch}
      onClose={onClose}
    >
      <TextField control={form.control} name="sshKey" label="Private SSH key" multiline autoFocus />
      <TextField control={form.control} name="token" label="Access token" type="password" />
    </FormDialog>
  );
}
