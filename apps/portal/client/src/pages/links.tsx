import "@/components/form/zodWithoutEval";

import { pendingOf } from "@fairlead/react";
import { useResourceForm } from "@fairlead/react/form";
import { zodResolver } from "@hookform/resolvers/zod";
import type { QuickLink } from "@portal/shared";
import { createQuickLinkDraft, editQuickLink } from "@portal/shared/drafts";
import {
  useQuickLinkCRUD,
  useQuickLinkPermissions,
  useQuickLinkWatchList,
} from "@portal/shared/hooks";
import { zQuickLinkDraftInputs } from "@portal/shared/schemas";
import { ExternalLink, Link2 } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import { trpc } from "@/app/client";
import { CreateButton } from "@/components/createButton";
import { Facts, Section } from "@/components/drawer";
import { SwitchField, TextField } from "@/components/form/field";
import { FormDialog } from "@/components/form/formDialog";
import { NamespaceField } from "@/components/form/namespaceField";
import { ManagedDrawer } from "@/components/managedDrawer";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { placeAndAge } from "@/components/table/commonColumns";
import { columnsFor } from "@/components/table/features";
import { RowLink } from "@/components/table/rowLink";
import { TablePage } from "@/components/table/tablePage";
import { Age, Nothing } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { cachedByObject } from "@/lib/cachedByObject";
import { parseTime } from "@/lib/time";
import { useRows } from "@/lib/useRows";
import { useCreatePermission } from "./useCreatePermission";

type LinkRow = {
  id: string;
  link: QuickLink;
  name: string;
  namespace: string;
  url: string;
  shown: string;
  created: number | null;
};

const toLinkRow = cachedByObject((link: QuickLink): LinkRow => {
  const { name = "", namespace, creationTimestamp } = link.metadata;
  return {
    id: `${namespace ?? ""}/${name}`,
    link,
    name,
    namespace: namespace ?? "",
    url: link.spec.url ?? "",
    shown: link.spec.visible === false ? "hidden" : "shown",
    created: parseTime(creationTimestamp),
  };
});

const column = columnsFor<LinkRow>();
const columns = column.columns([
  column.accessor("name", {
    header: "Name",
    enableHiding: false,
    meta: { label: "Name" },
    cell: ({ row: { original } }) => (
      <RowLink id={original.id} name={original.name} detail={original.namespace} />
    ),
  }),
  column.accessor("url", {
    header: "Address",
    meta: { label: "Address" },
    cell: ({ row }) => <Address url={row.original.url} />,
  }),
  column.accessor("shown", {
    header: "Overview",
    meta: { label: "Overview", from: "md", width: 120 },
    cell: ({ row }) => <Badge>{row.original.shown}</Badge>,
  }),
  ...placeAndAge<LinkRow>(),
]);

function Address({ url }: { url: string }) {
  // It comes out of the cluster: only a web address may become a link.
  if (!/^https?:\/\//i.test(url)) return url || <Nothing />;
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex max-w-full items-center gap-1 text-primary underline-offset-4 hover:underline"
    >
      <span className="truncate">{url}</span>
      <ExternalLink aria-hidden="true" className="size-3.5 shrink-0" />
    </a>
  );
}

export function LinksPage() {
  const scope = useNamespaceScope();
  const list = useQuickLinkWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toLinkRow);
  const creation = useCreatePermission({
    scope,
    usePermissions: useQuickLinkPermissions,
    ask: trpc.quickLinks.permissions,
  });
  const [editing, setEditing] = useState<QuickLink | null>(null);
  const crud = useQuickLinkCRUD();
  return (
    <TablePage
      title="Quick links"
      description="Tools of the teams, a click away on the overview."
      noun="links"
      list={list}
      rows={rows}
      columns={columns}
      sort="name"
      rowLabel={(row) => row.name}
      rowClass={(row) => (pendingOf(row.link) ? "opacity-60" : undefined)}
      empty={{ icon: Link2, title: "No links yet", text: "Add the tools your team opens most." }}
      actions={<CreateButton permission={creation.permission} label="Add link" />}
    >
      {({ row, state }) => (
        <>
          <ManagedDrawer
            kind="QuickLink"
            plural="links"
            consequence="It vanishes from the overview of everybody in the namespace."
            object={row?.link}
            state={state}
            crud={crud}
            usePermissions={useQuickLinkPermissions}
            onEdit={setEditing}
          >
            {row ? <Overview row={row} /> : null}
          </ManagedDrawer>
          {state.search.create && list.status !== "loading" ? (
            <CreateDialog
              namespace={creation.offered}
              onClose={() => state.set({ create: undefined })}
            />
          ) : null}
          {editing ? (
            <EditDialog
              key={editing.metadata.uid}
              link={editing}
              onClose={() => setEditing(null)}
            />
          ) : null}
        </>
      )}
    </TablePage>
  );
}

function Overview({ row }: { row: LinkRow }) {
  return (
    <Section title="Link">
      <Facts
        facts={{
          Address: <Address url={row.url} />,
          Overview: <Badge>{row.shown}</Badge>,
          Type: row.link.spec.type,
          Created: <Age time={row.created} suffix=" ago" />,
        }}
      />
    </Section>
  );
}

type LinkValues = z.infer<typeof zQuickLinkDraftInputs>;

function CreateDialog({ namespace, onClose }: { namespace: string; onClose: () => void }) {
  const { create } = useQuickLinkCRUD();
  const form = useResourceForm<LinkValues, QuickLink>({
    defaultValues: { name: "", namespace, url: "https://", visible: true },
    resolver: zodResolver(zQuickLinkDraftInputs),
    submit: (values) => create.mutateAsync(createQuickLinkDraft(values)),
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.url" ? "url" : null),
  });
  const permissions = useQuickLinkPermissions({ namespace: form.watch("namespace") || null });
  return (
    <FormDialog
      title="Add link"
      description="A tool that everybody in the namespace sees on the overview."
      action="Add link"
      form={form}
      permission={permissions.create}
      onClose={onClose}
    >
      <TextField control={form.control} name="name" label="Name" placeholder="grafana" />
      <NamespaceField control={form.control} name="namespace" />
      <TextField control={form.control} name="url" label="Address" />
      <SwitchField control={form.control} name="visible" label="Show on the overview" />
    </FormDialog>
  );
}

function EditDialog({ link, onClose }: { link: QuickLink; onClose: () => void }) {
  const { update, conflict } = useQuickLinkCRUD();
  const form = useResourceForm<{ url: string; visible: boolean }, QuickLink>({
    defaultValues: { url: link.spec.url ?? "", visible: link.spec.visible !== false },
    submit: (values) =>
      // What was read, so that somebody else's change in between is told and not overwritten.
      update.mutateAsync({ base: link, object: editQuickLink(link, values) }),
    onSuccess: onClose,
    fieldOf: (field) => (field === "spec.url" ? "url" : null),
  });
  const permissions = useQuickLinkPermissions({ namespace: link.metadata.namespace ?? null });
  return (
    <FormDialog
      title={`Edit ${link.metadata.name}`}
      description="Changes show to everybody at once."
      action="Save"
      form={form}
      permission={permissions.update}
      conflict={conflict}
      onClose={onClose}
    >
      <TextField control={form.control} name="url" label="Address" />
      <SwitchField control={form.control} name="visible" label="Show on the overview" />
    </FormDialog>
  );
}
