import { useCodebaseBranchWatchList } from "@portal/shared/hooks";
import { GitBranch } from "lucide-react";
import { Drawer, Facts, Labels, Section, Source } from "@/components/drawer";
import { PageHeader, TableFrame } from "@/components/page";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Status } from "@/components/status";
import { phaseOptions, valueOptions } from "@/components/table/facets";
import { columnsFor } from "@/components/table/features";
import { LiveTable } from "@/components/table/liveTable";
import { RowLink } from "@/components/table/rowLink";
import { TableToolbar } from "@/components/table/tableToolbar";
import { type FacetConfig, useDataTable } from "@/components/table/useDataTable";
import { useTableSearch } from "@/components/table/useTableSearch";
import { Age, Nothing } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { useRows } from "@/lib/useRows";
import { type BranchRow, toBranchRow } from "@/resources/codebase";
import { statusOf } from "@/resources/phase";
import { operatorPhaseLabels } from "./codebaseColumns";

const column = columnsFor<BranchRow>();
const columns = column.columns([
  column.accessor("branchName", {
    header: "Branch",
    enableHiding: false,
    meta: { label: "Branch" },
    cell: ({ row }) => (
      <RowLink
        id={row.original.id}
        name={row.original.branchName}
        detail={row.original.namespace}
      />
    ),
  }),
  column.accessor("codebase", { header: "Codebase", meta: { label: "Codebase" } }),
  column.accessor("phase", {
    header: "Status",
    filterFn: "oneOf",
    meta: { label: "Status", width: 140, iconWhenNarrow: true },
    cell: ({ row }) => <Status iconWhenNarrow {...statusOf(row.original)} />,
  }),
  column.accessor("kind", {
    header: "Kind",
    filterFn: "oneOf",
    meta: { label: "Kind", from: "md", width: 100 },
    cell: ({ row }) =>
      row.original.kind === "release" ? (
        <Badge tone="violet">release</Badge>
      ) : (
        <Badge>regular</Badge>
      ),
  }),
  column.accessor("version", {
    header: "Version",
    meta: { label: "Version", from: "lg", width: 150 },
    cell: ({ row }) => row.original.version || <Nothing />,
  }),
  column.accessor("build", {
    header: "Build",
    sortFn: "alphanumeric",
    meta: { label: "Build", from: "lg", width: 84, align: "end" },
    cell: ({ row }) => row.original.build || <Nothing />,
  }),
  column.accessor("lastSuccessfulBuild", {
    header: "Last successful build",
    sortFn: "alphanumeric",
    meta: { label: "Last successful", from: "xl", width: 180, align: "end" },
    cell: ({ row }) => row.original.lastSuccessfulBuild || <Nothing />,
  }),
  column.accessor("namespace", {
    id: "namespace",
    header: "Namespace",
    meta: { label: "Namespace", from: "md", width: 140 },
  }),
  column.accessor("created", {
    header: "Age",
    sortFn: "basic",
    sortDescFirst: true,
    meta: { label: "Age", from: "sm", width: 92, align: "end" },
    cell: ({ row }) => <Age time={row.original.created} />,
  }),
]);

const facets: readonly FacetConfig[] = [
  { key: "status", column: "phase" },
  { key: "type", column: "kind" },
];

export function BranchesPage() {
  const scope = useNamespaceScope();
  const list = useCodebaseBranchWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toBranchRow);
  const state = useTableSearch("codebase");
  const table = useDataTable({ rows, columns, state, facets });
  const opened = rows.find((row) => row.id === state.search.open);
  return (
    <>
      <PageHeader title="Branches" description="Branches the platform builds and versions." />
      <TableFrame
        toolbar={
          <TableToolbar
            table={table}
            state={state}
            list={list}
            noun="branches"
            total={rows.length}
            facets={[
              { key: "status", label: "Status", options: phaseOptions(rows, operatorPhaseLabels) },
              { key: "type", label: "Kind", options: valueOptions(rows, (row) => row.kind) },
            ]}
          />
        }
      >
        <LiveTable
          list={list}
          table={table}
          state={state}
          noun="branches"
          total={rows.length}
          rowLabel={(row) => `${row.codebase} ${row.branchName}`}
          empty={{
            icon: GitBranch,
            title: "No branches yet",
            text: "Each codebase brings its default branch when it is created.",
          }}
        />
      </TableFrame>
      <BranchDrawer
        id={state.search.open}
        row={opened}
        onClose={() => state.set({ open: undefined })}
      />
    </>
  );
}

function BranchDrawer({
  id,
  row,
  onClose,
}: {
  id: string | undefined;
  row: BranchRow | undefined;
  onClose: () => void;
}) {
  return (
    <Drawer
      open={id !== undefined}
      onClose={onClose}
      title={row ? `${row.codebase} / ${row.branchName}` : (id ?? "")}
      subtitle={
        row ? (
          <>
            <Status phase={row.phase} reason={row.reason} message={null} />
            <span>in {row.namespace}</span>
          </>
        ) : (
          "CodebaseBranch"
        )
      }
    >
      {row ? (
        <div className="scroll-thin flex-1 divide-y overflow-y-auto">
          <Section title="Branch">
            <Facts
              facts={{
                Resource: row.name,
                Codebase: row.codebase,
                Kind: row.kind,
                Version: row.version,
                Build: row.build,
                "Last successful": row.lastSuccessfulBuild,
                "From commit": row.branch.spec.fromCommit,
                Message: row.message,
                Created: <Age time={row.created} suffix=" ago" />,
              }}
            />
          </Section>
          <Section title="Labels">
            <Labels labels={row.branch.metadata.labels} />
          </Section>
          <Section title="Source">
            <Source value={row.branch} />
          </Section>
        </div>
      ) : undefined}
    </Drawer>
  );
}
