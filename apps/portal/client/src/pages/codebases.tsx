import { pendingOf } from "@fairlead/react";
import type { Codebase } from "@portal/shared";
import {
  useCodebaseCRUD,
  useCodebasePermissions,
  useCodebaseWatchList,
} from "@portal/shared/hooks";
import { Package, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { trpc } from "@/app/client";
import { GuardedDeletion } from "@/components/guardedDeletion";
import { PageHeader, TableFrame } from "@/components/page";
import { PermittedButton } from "@/components/permittedButton";
import { Selection } from "@/components/selection";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { phaseOptions, valueOptions } from "@/components/table/facets";
import { LiveTable } from "@/components/table/liveTable";
import { TableToolbar } from "@/components/table/tableToolbar";
import { type FacetConfig, useDataTable } from "@/components/table/useDataTable";
import { useTableSearch } from "@/components/table/useTableSearch";
import { useRows } from "@/lib/useRows";
import { type CodebaseRow, toCodebaseRow } from "@/resources/codebase";
import { codebaseColumns, operatorPhaseLabels } from "./codebaseColumns";
import { CodebaseDrawer } from "./codebaseDrawer";
import { useCreatePermission } from "./useCreatePermission";

// The form and its validation are only fetched when someone creates something.
const CreateCodebaseDialog = lazy(async () => {
  const { CreateCodebaseDialog } = await import("./createCodebase/dialog");
  return { default: CreateCodebaseDialog };
});

const EditCodebaseDialog = lazy(async () => {
  const { EditCodebaseDialog } = await import("./editCodebase");
  return { default: EditCodebaseDialog };
});

const facets: readonly FacetConfig[] = [
  { key: "status", column: "phase" },
  { key: "type", column: "type" },
];

export function CodebasesPage() {
  const scope = useNamespaceScope();
  const list = useCodebaseWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toCodebaseRow);
  const state = useTableSearch("name");
  const table = useDataTable({ rows, columns: codebaseColumns, state, facets });
  const creation = useCreatePermission({
    scope,
    usePermissions: useCodebasePermissions,
    likeliest: namespacesOf(rows),
    ask: trpc.codebases.permissions,
  });
  const [deleting, setDeleting] = useState<readonly Codebase[]>([]);
  const [editing, setEditing] = useState<Codebase | null>(null);
  const crud = useCodebaseCRUD();
  const selected = table.getSelectedRowModel().rows.map((row) => row.original.codebase);
  const createButton = (
    <PermittedButton
      permission={creation.permission}
      variant="primary"
      onClick={() => state.set({ create: true })}
    >
      <Plus /> Create codebase
    </PermittedButton>
  );
  return (
    <>
      <PageHeader title="Codebases" description="Source repositories the platform builds.">
        {createButton}
      </PageHeader>
      <TableFrame
        toolbar={
          <TableToolbar
            table={table}
            state={state}
            list={list}
            noun="codebases"
            total={rows.length}
            facets={[
              { key: "status", label: "Status", options: phaseOptions(rows, operatorPhaseLabels) },
              { key: "type", label: "Type", options: valueOptions(rows, (row) => row.type) },
            ]}
          >
            <Selection
              selected={selected}
              usePermissions={useCodebasePermissions}
              onDelete={() => setDeleting(selected)}
              onClear={() => table.resetRowSelection(true)}
            />
          </TableToolbar>
        }
      >
        <LiveTable
          list={list}
          table={table}
          state={state}
          noun="codebases"
          total={rows.length}
          rowLabel={(row) => row.name}
          selectable
          rowClass={(row) => (pendingOf(row.codebase) ? "opacity-60" : undefined)}
          empty={{
            icon: Package,
            title: "No codebases yet",
            text: "Create one from a template, or bring a repository you already have.",
            action: createButton,
          }}
        />
      </TableFrame>
      <CodebaseDrawer
        id={state.search.open}
        row={rows.find((row) => row.id === state.search.open)}
        onClose={() => state.set({ open: undefined, tab: undefined })}
        onEdit={setEditing}
        onDelete={(codebase) => setDeleting([codebase])}
      />
      <GuardedDeletion
        items={deleting}
        crud={crud}
        plural="codebases"
        consequence="What is deleted is removed from the platform. Its Git repository is kept."
        onCancel={() => setDeleting([])}
        onDone={() => {
          table.resetRowSelection(true);
          setDeleting([]);
          state.set({ open: undefined });
        }}
      />
      {editing ? (
        <Suspense>
          <EditCodebaseDialog
            key={editing.metadata.uid}
            codebase={editing}
            onClose={() => setEditing(null)}
          />
        </Suspense>
      ) : null}
      {state.search.create && list.status !== "loading" ? (
        <Suspense>
          <CreateCodebaseDialog
            namespace={creation.offered}
            onClose={() => state.set({ create: undefined })}
          />
        </Suspense>
      ) : null}
    </>
  );
}

/** The namespaces that hold something, the fullest first: the likeliest ones for what is new. */
function namespacesOf(rows: readonly CodebaseRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { namespace } of rows) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([namespace]) => namespace);
}
