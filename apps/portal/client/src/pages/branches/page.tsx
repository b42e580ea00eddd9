import { pendingOf } from "@fairlead/react";
import type { CodebaseBranch } from "@portal/shared";
import {
  useCodebaseBranchCRUD,
  useCodebaseBranchPermissions,
  useCodebaseBranchWatchList,
} from "@portal/shared/hooks";
import { GitBranch } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { trpc } from "@/app/client";
import { CreateButton } from "@/components/createButton";
import { GuardedDeletion } from "@/components/guardedDeletion";
import { Selection } from "@/components/selection";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { phaseOptions, valueOptions } from "@/components/table/facets";
import { TablePage } from "@/components/table/tablePage";
import { useRows } from "@/lib/useRows";
import { toBranchRow } from "@/resources/codebase";
import { operatorPhaseLabels } from "../codebaseColumns";
import { useCreatePermission } from "../useCreatePermission";
import { branchColumns } from "./columns";
import { BranchDrawer } from "./drawer";

// The form and its validation are only fetched when someone creates something.
const EditBranchDialog = lazy(async () => {
  const { EditBranchDialog } = await import("./editDialog");
  return { default: EditBranchDialog };
});
const CreateBranchDialog = lazy(async () => {
  const { CreateBranchDialog } = await import("./createDialog");
  return { default: CreateBranchDialog };
});

export function BranchesPage() {
  const scope = useNamespaceScope();
  const list = useCodebaseBranchWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toBranchRow);
  const creation = useCreatePermission({
    scope,
    usePermissions: useCodebaseBranchPermissions,
    ask: trpc.codebaseBranches.permissions,
  });
  const [deleting, setDeleting] = useState<readonly CodebaseBranch[]>([]);
  const [editing, setEditing] = useState<CodebaseBranch | null>(null);
  const crud = useCodebaseBranchCRUD();
  return (
    <TablePage
      title="Branches"
      description="Branches the platform builds and versions."
      noun="branches"
      list={list}
      rows={rows}
      columns={branchColumns}
      sort="codebase"
      facets={[
        {
          key: "status",
          column: "phase",
          label: "Status",
          options: phaseOptions(rows, operatorPhaseLabels),
        },
        {
          key: "type",
          column: "kind",
          label: "Kind",
          options: valueOptions(rows, (row) => row.kind),
        },
      ]}
      rowLabel={(row) => `${row.codebase} ${row.branchName}`}
      rowClass={(row) => (pendingOf(row.branch) ? "opacity-60" : undefined)}
      empty={{
        icon: GitBranch,
        title: "No branches yet",
        text: "Each codebase brings its default branch when it is created.",
      }}
      actions={<CreateButton permission={creation.permission} label="Create branch" />}
      selection={(table) => {
        const selected = table.getSelectedRowModel().rows.map(({ original }) => original.branch);
        return (
          <>
            <Selection
              selected={selected}
              usePermissions={useCodebaseBranchPermissions}
              onDelete={() => setDeleting(selected)}
              onClear={() => table.resetRowSelection(true)}
            />
            <GuardedDeletion
              items={deleting}
              crud={crud}
              plural="branches"
              consequence="The platform builds it no more. In its Git repository it is kept."
              onCancel={() => setDeleting([])}
              onDone={() => {
                table.resetRowSelection(true);
                setDeleting([]);
              }}
            />
          </>
        );
      }}
    >
      {({ row, state }) => (
        <>
          <BranchDrawer
            id={state.search.open}
            row={row}
            onClose={() => state.set({ open: undefined, tab: undefined })}
            onEdit={setEditing}
            onDelete={(branch) => {
              state.set({ open: undefined, tab: undefined });
              setDeleting([branch]);
            }}
          />
          {editing ? (
            <Suspense>
              <EditBranchDialog
                key={editing.metadata.uid}
                branch={editing}
                onClose={() => setEditing(null)}
              />
            </Suspense>
          ) : null}
          {state.search.create && list.status !== "loading" ? (
            <Suspense>
              <CreateBranchDialog
                namespace={creation.offered}
                onClose={() => state.set({ create: undefined })}
              />
            </Suspense>
          ) : null}
        </>
      )}
    </TablePage>
  );
}
