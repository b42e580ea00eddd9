import { pendingOf } from "@fairlead/react";
import type { GitServer } from "@portal/shared";
import {
  useGitServerCRUD,
  useGitServerPermissions,
  useGitServerWatchList,
} from "@portal/shared/hooks";
import { ServerCog } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { trpc } from "@/app/client";
import { CreateButton } from "@/components/createButton";
import { Facts, Section } from "@/components/drawer";
import { ManagedDrawer } from "@/components/managedDrawer";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Status } from "@/components/status";
import { nameAndStatus, placeAndAge } from "@/components/table/commonColumns";
import { phaseOptions, valueOptions } from "@/components/table/facets";
import { columnsFor } from "@/components/table/features";
import { TablePage } from "@/components/table/tablePage";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { useRows } from "@/lib/useRows";
import { type GitServerRow, toGitServerRow } from "@/resources/gitServer";
import { statusOf } from "@/resources/phase";
import { useCreatePermission } from "../useCreatePermission";

const ConnectDialog = lazy(async () => {
  const { ConnectDialog } = await import("./dialogs");
  return { default: ConnectDialog };
});
const EditServerDialog = lazy(async () => {
  const { EditServerDialog } = await import("./dialogs");
  return { default: EditServerDialog };
});

const phaseWords = { succeeded: "Connected", failed: "Not connected", pending: "Connecting" };

const column = columnsFor<GitServerRow>();
const columns = column.columns([
  ...nameAndStatus<GitServerRow>((row) => row.host, 160),
  column.accessor("host", { header: "Host", meta: { label: "Host", from: "sm" } }),
  column.accessor("provider", {
    header: "Provider",
    filterFn: "oneOf",
    meta: { label: "Provider", from: "lg", width: 120 },
    cell: ({ row }) => <Badge>{row.original.provider}</Badge>,
  }),
  ...placeAndAge<GitServerRow>(),
]);

export function GitServersPage() {
  const scope = useNamespaceScope();
  const list = useGitServerWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toGitServerRow);
  const creation = useCreatePermission({
    scope,
    usePermissions: useGitServerPermissions,
    ask: trpc.gitServers.permissions,
  });
  const [editing, setEditing] = useState<GitServer | null>(null);
  const crud = useGitServerCRUD();
  return (
    <TablePage
      title="Git servers"
      description="Where the code lives, and the keys that open it."
      noun="Git servers"
      list={list}
      rows={rows}
      columns={columns}
      sort="name"
      facets={[
        {
          key: "status",
          column: "phase",
          label: "Status",
          options: phaseOptions(rows, phaseWords),
        },
        {
          key: "type",
          column: "provider",
          label: "Provider",
          options: valueOptions(rows, (row) => row.provider),
        },
      ]}
      rowLabel={(row) => row.name}
      rowClass={(row) => (pendingOf(row.server) ? "opacity-60" : undefined)}
      empty={{
        icon: ServerCog,
        title: "No Git servers yet",
        text: "Connect the server that your code lives on.",
      }}
      actions={<CreateButton permission={creation.permission} label="Connect Git server" />}
    >
      {({ row, state }) => (
        <>
          <ManagedDrawer
            kind="GitServer"
            plural="Git servers"
            consequence="Its credentials go with it; codebases on it can no longer be built."
            object={row?.server}
            status={row ? <Status {...statusOf(row)} message={null} /> : null}
            state={state}
            crud={crud}
            usePermissions={useGitServerPermissions}
            onEdit={setEditing}
          >
            {row ? <Overview row={row} /> : null}
          </ManagedDrawer>
          <Suspense>
            {state.search.create && list.status !== "loading" ? (
              <ConnectDialog
                namespace={creation.offered}
                onClose={() => state.set({ create: undefined })}
              />
            ) : null}
            {editing ? (
              <EditServerDialog
                key={editing.metadata.uid}
                server={editing}
                onClose={() => setEditing(null)}
              />
            ) : null}
          </Suspense>
        </>
      )}
    </TablePage>
  );
}

function Overview({ row }: { row: GitServerRow }) {
  const { spec } = row.server;
  return (
    <>
      {row.message ? (
        <p className="bg-danger-fill/8 px-5 py-3 text-[13px] text-danger">{row.message}</p>
      ) : null}
      <Section title="Server">
        <Facts
          facts={{
            Host: spec.gitHost,
            Provider: <Badge>{row.provider}</Badge>,
            User: spec.gitUser,
            "SSH port": spec.sshPort,
            "HTTPS port": spec.httpsPort,
            Credentials: `Secret ${spec.nameSshKeySecret}`,
            Created: <Age time={row.created} suffix=" ago" />,
          }}
        />
      </Section>
    </>
  );
}
