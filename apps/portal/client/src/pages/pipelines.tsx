import { usePipelineRunPermissions, usePipelineRunsRowsView } from "@portal/shared/hooks";
import { Link, useNavigate } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { lazy, Suspense, useCallback } from "react";
import { trpc } from "@/app/client";
import { CreateButton } from "@/components/createButton";
import { PageHeader, TableFrame } from "@/components/page";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Status } from "@/components/status";
import { allPhaseOptions, countedOptions } from "@/components/table/facets";
import { columnsFor } from "@/components/table/features";
import { LiveTable } from "@/components/table/liveTable";
import { TableToolbar, type ToolbarFacet } from "@/components/table/tableToolbar";
import { useDataTable } from "@/components/table/useDataTable";
import { useRowWindow } from "@/components/table/useRowWindow";
import { useTableSearch } from "@/components/table/useTableSearch";
import { Age, Duration, Nothing } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { statusOf } from "@/resources/phase";
import { pipelineTypes } from "@/resources/pipelineRun";
import { type RunRow, toRunRow } from "@/resources/runRow";
import { NEWEST_FIRST, runFields } from "./runQueries";
import { useCreatePermission } from "./useCreatePermission";

// The form is only fetched when somebody starts something.
const StartRunDialog = lazy(async () => {
  const { StartRunDialog } = await import("./startRun");
  return { default: StartRunDialog };
});

const column = columnsFor<RunRow>();
const columns = column.columns([
  column.accessor("phase", {
    header: "Status",
    meta: { label: "Status", width: 142, iconWhenNarrow: true },
    cell: ({ row }) => <Status iconWhenNarrow {...statusOf(row.original)} />,
  }),
  column.accessor("name", {
    header: "Name",
    enableHiding: false,
    meta: { label: "Name" },
    cell: ({ row }) => <RunLink row={row.original} />,
  }),
  column.accessor("pipeline", {
    header: "Pipeline",
    meta: { label: "Pipeline", from: "2xl", width: 250 },
    cell: ({ row }) => row.original.pipeline || <Nothing />,
  }),
  column.accessor("type", {
    header: "Type",
    meta: { label: "Type", from: "md", width: 92 },
    cell: ({ row }) => (row.original.type ? <Badge>{row.original.type}</Badge> : <Nothing />),
  }),
  column.accessor("codebase", {
    header: "Codebase",
    meta: { label: "Codebase / branch", from: "lg", width: 172 },
    cell: ({ row }) => <CodebaseCell row={row.original} />,
  }),
  column.accessor("namespace", {
    header: "Namespace",
    meta: { label: "Namespace", from: "md", width: 128 },
  }),
  column.accessor("author", {
    header: "Author",
    meta: { label: "Author", from: "xl", width: 124 },
    cell: ({ row }) => row.original.author || <Nothing />,
  }),
  column.accessor("started", {
    header: "Started",
    sortDescFirst: true,
    meta: { label: "Started", from: "sm", width: 104 },
    cell: ({ row }) => <Age time={row.original.started} suffix=" ago" />,
  }),
  column.accessor("duration", {
    header: "Duration",
    sortDescFirst: true,
    meta: { label: "Duration", width: 116, align: "end" },
    cell: ({ row }) => <Duration {...row.original} />,
  }),
]);

const toolbarFacets: readonly ToolbarFacet[] = [
  { key: "status", label: "Status", options: allPhaseOptions() },
  {
    key: "type",
    label: "Type",
    options: pipelineTypes.map((type) => ({ value: type, label: type })),
  },
];

export function PipelinesPage() {
  const scope = useNamespaceScope();
  const state = useTableSearch(NEWEST_FIRST);
  const { list, rows, window, countsOf } = useRowWindow({
    useView: usePipelineRunsRowsView,
    toRow: toRunRow,
    state,
    ...runFields,
  });
  const table = useDataTable({
    rows,
    columns,
    state,
    facets: runFields.facets,
    isArranged: true,
  });
  const open = useOpenRun();
  const creation = useCreatePermission({
    scope,
    usePermissions: usePipelineRunPermissions,
    ask: trpc.pipelineRuns.permissions,
  });
  return (
    <>
      <PageHeader title="Pipelines" description="Pipeline runs, live from the cluster.">
        <CreateButton permission={creation.permission} label="Run pipeline" />
      </PageHeader>
      <TableFrame
        toolbar={
          <TableToolbar
            table={table}
            state={state}
            list={list}
            noun="runs"
            total={window.total}
            shown={window.total}
            facets={toolbarFacets.map((facet) => ({
              ...facet,
              options: countedOptions(facet.options, countsOf(facet.key)),
            }))}
          />
        }
      >
        <LiveTable
          list={list}
          table={table}
          state={state}
          noun="pipeline runs"
          total={window.total}
          window={window}
          rowLabel={(row) => row.name}
          onOpen={open}
          empty={{
            icon: Workflow,
            title: "No pipeline runs yet",
            text: "A run appears as soon as a commit or a pull request starts one.",
          }}
        />
      </TableFrame>
      {state.search.create && list.status !== "loading" ? (
        <Suspense>
          <StartRunDialog
            namespace={creation.offered}
            onClose={() => state.set({ create: undefined })}
          />
        </Suspense>
      ) : null}
    </>
  );
}

function RunLink({ row }: { row: RunRow }) {
  return (
    <span className="block leading-tight">
      <Link
        to="/pipelines/$namespace/$name"
        params={{ namespace: row.namespace, name: row.name }}
        data-row-link=""
        title={row.name}
        className="block w-fit max-w-full truncate rounded-sm font-medium underline-offset-4 hover:underline"
      >
        {row.name}
      </Link>
      <span className="block truncate text-xs text-muted-foreground @lg:hidden">
        {summaryOf(row)}
      </span>
    </span>
  );
}

function useOpenRun() {
  const navigate = useNavigate();
  return useCallback(
    (id: string) => {
      const [namespace = "", name = ""] = id.split("/");
      void navigate({ to: "/pipelines/$namespace/$name", params: { namespace, name } });
    },
    [navigate],
  );
}

function summaryOf({ type, codebase, author }: RunRow): string {
  return [type, codebase, author].filter(Boolean).join(" · ");
}

function CodebaseCell({ row }: { row: RunRow }) {
  if (!row.codebase) return <Nothing />;
  return (
    <span className="block leading-tight" title={`${row.codebase} / ${row.branch}`}>
      <span className="block truncate">{row.codebase}</span>
      <span className="block truncate text-xs text-muted-foreground">{row.branch}</span>
    </span>
  );
}
