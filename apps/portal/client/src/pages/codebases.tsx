import { pendingOf } from "@fairlead/react";
import type { Codebase } from "@portal/shared";
import {
  useCodebaseCRUD,
  useCodebasePermissions,
  useCodebaseWatchList,
} from "@portal/shared/hooks";
import { Package, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { PageHeader, TableFrame } from "@/components/page";
import { PermittedButton } from "@/components/permittedButton";
import { useNamespace } from "@/components/shell/useNamespace";
import { phaseOptions, valueOptions } from "@/components/table/facets";
import { LiveTable } from "@/components/table/liveTable";
import { ColumnMenu, FacetFilter, RowCount, SearchField } from "@/components/table/toolbar";
import { type FacetConfig, useDataTable } from "@/components/table/useDataTable";
import { useTableSearch } from "@/components/table/useTableSearch";
import { Button } from "@/components/ui/button";
import { toCodebaseRow } from "@/resources/codebase";
import { codebaseColumns, operatorPhaseLabels } from "./codebaseColumns";
import { CodebaseDrawer } from "./codebaseDrawer";
import { DeleteCodebases } from "./deleteCodebases";

// The form and its validation are only fetched when someone creates something.
const CreateCodebaseDialog = lazy(async () => {
  const { CreateCodebaseDialog } = await import("./createCodebase/dialog");
  return { default: CreateCodebaseDialog };
});

const facets: readonly FacetConfig[] = [
  { key: "status", column: "phase" },
  { key: "type", column: "type" },
];

export function CodebasesPage() {
  const [namespace] = useNamespace();
  const list = useCodebaseWatchList({ namespace });
  const permissions = useCodebasePermissions({ namespace });
  const { remove, removeMany } = useCodebaseCRUD();
  const rows = useMemo(() => list.items.map(toCodebaseRow), [list.items]);
  const state = useTableSearch("name");
  const table = useDataTable({ rows, columns: codebaseColumns, state, facets });
  const [deleting, setDeleting] = useState<readonly Codebase[]>([]);
  const opened = rows.find((row) => row.id === state.search.open);
  const selected = table.getSelectedRowModel().rows.map((row) => row.original.codebase);
  const createButton = (
    <PermittedButton
      permission={permissions.create}
      variant="primary"
      onClick={() => state.set({ create: true })}
    >
      <Plus /> Create codebase
    </PermittedButton>
  );

  const confirmDelete = () => {
    const [only] = deleting;
    if (deleting.length === 1 && only) remove.mutate(only);
    else removeMany.mutate(deleting);
    table.resetRowSelection(true);
    setDeleting([]);
    state.set({ open: undefined });
  };

  return (
    <>
      <PageHeader title="Codebases" description="Source repositories the platform builds.">
        {createButton}
      </PageHeader>
      <TableFrame
        toolbar={
          <>
            <SearchField
              label="Search codebases"
              value={state.search.q ?? ""}
              onChange={(q) => state.set({ q: q || undefined })}
            />
            <FacetFilter
              label="Status"
              facet="status"
              options={phaseOptions(rows, operatorPhaseLabels)}
              state={state}
            />
            <FacetFilter
              label="Type"
              facet="type"
              options={valueOptions(rows, (row) => row.type)}
              state={state}
            />
            {selected.length > 0 ? (
              <div className="flex items-center gap-2 text-[13px]">
                <span role="status" className="text-muted-foreground">
                  {selected.length} selected
                </span>
                <PermittedButton
                  permission={permissions.delete}
                  size="sm"
                  className="text-danger"
                  onClick={() => setDeleting(selected)}
                >
                  <Trash2 /> Delete
                </PermittedButton>
                <Button size="sm" variant="ghost" onClick={() => table.resetRowSelection(true)}>
                  Clear
                </Button>
              </div>
            ) : null}
            <div className="ml-auto flex items-center gap-3">
              {list.status === "ready" ? (
                <RowCount
                  shown={table.getRowModel().rows.length}
                  total={rows.length}
                  noun="codebases"
                />
              ) : null}
              <ColumnMenu table={table} />
            </div>
          </>
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
        row={opened}
        onClose={() => state.set({ open: undefined })}
        deletePermission={permissions.delete}
        onDelete={(codebase) => setDeleting([codebase])}
      />
      <DeleteCodebases
        codebases={deleting}
        onCancel={() => setDeleting([])}
        onConfirm={confirmDelete}
      />
      {state.search.create ? (
        <Suspense>
          <CreateCodebaseDialog
            namespace={namespace ?? findBusiest(rows.map((row) => row.namespace)) ?? ""}
            onClose={() => state.set({ create: undefined })}
          />
        </Suspense>
      ) : null}
    </>
  );
}

/** The value that occurs most: with all namespaces shown, the likeliest one for what is new. */
function findBusiest(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [busiest] = [...counts].sort(([, a], [, b]) => b - a);
  return busiest?.[0] ?? null;
}
