import { useApprovalTaskWatchList } from "@portal/shared/hooks";
import { Link } from "@tanstack/react-router";
import { UserCheck } from "lucide-react";
import { ResourceDrawer } from "@/components/details";
import { Facts, Section } from "@/components/drawer";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Status } from "@/components/status";
import { phaseOptions } from "@/components/table/facets";
import { columnsFor } from "@/components/table/features";
import { RowLink } from "@/components/table/rowLink";
import { TablePage } from "@/components/table/tablePage";
import { Age, Nothing } from "@/components/times";
import { useRows } from "@/lib/useRows";
import { type ApprovalRow, toApprovalRow } from "@/resources/approvalTask";
import { statusOf } from "@/resources/phase";
import { Decide } from "./decide";

const phaseWords = { succeeded: "Approved", failed: "Rejected", cancelled: "Canceled" } as const;

const column = columnsFor<ApprovalRow>();
const columns = column.columns([
  column.accessor("question", {
    header: "Question",
    enableHiding: false,
    meta: { label: "Question" },
    cell: ({ row: { original } }) => (
      <RowLink id={original.id} name={original.question} detail={original.run} />
    ),
  }),
  column.accessor("phase", {
    header: "Status",
    filterFn: "oneOf",
    meta: { label: "Status", width: 176, iconWhenNarrow: true },
    cell: ({ row }) => <Status iconWhenNarrow {...statusOf(row.original)} />,
  }),
  column.accessor("run", {
    header: "Run",
    meta: { label: "Run", from: "md" },
    cell: ({ row }) => <RunLink row={row.original} />,
  }),
  column.accessor("namespace", {
    id: "namespace",
    header: "Namespace",
    meta: { label: "Namespace", from: "xl", width: 140 },
  }),
  column.accessor("created", {
    header: "Asked",
    sortFn: "basic",
    sortDescFirst: true,
    meta: { label: "Asked", from: "lg", width: 100 },
    cell: ({ row }) => <Age time={row.original.created} suffix=" ago" />,
  }),
  column.accessor("decidedBy", {
    header: "Decision",
    meta: { label: "Decision", width: 216, iconsWhenNarrow: true },
    cell: ({ row: { original } }) =>
      original.phase === "pending" ? (
        <Decide approval={original.approval} />
      ) : (
        original.decidedBy || <Nothing />
      ),
  }),
]);

function RunLink({ row }: { row: ApprovalRow }) {
  if (!row.run) return <Nothing />;
  return (
    <Link
      to="/pipelines/$namespace/$name"
      params={{ namespace: row.namespace, name: row.run }}
      className="block truncate underline-offset-4 hover:underline"
    >
      {row.run}
    </Link>
  );
}

export function ApprovalsPage() {
  const scope = useNamespaceScope();
  const list = useApprovalTaskWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toApprovalRow);
  return (
    <TablePage
      title="Approvals"
      description="Questions that pipeline runs wait on until somebody answers."
      noun="approvals"
      list={list}
      rows={rows}
      columns={columns}
      sort="-created"
      facets={[
        {
          key: "status",
          column: "phase",
          label: "Status",
          options: phaseOptions(rows, phaseWords),
        },
      ]}
      rowLabel={(row) => row.name}
      empty={{
        icon: UserCheck,
        title: "Nothing to approve",
        text: "A question appears here when a deployment needs somebody's word.",
      }}
    >
      {({ row, state }) => (
        <ResourceDrawer
          id={state.search.open}
          kind="ApprovalTask"
          object={row?.approval}
          status={row ? <Status {...statusOf(row)} message={null} /> : null}
          actions={row ? <Decide approval={row.approval} /> : null}
          onClose={() => state.set({ open: undefined, tab: undefined })}
          tabs={row ? [{ id: "overview", label: "Overview", content: <Overview row={row} /> }] : []}
        />
      )}
    </TablePage>
  );
}

function Overview({ row }: { row: ApprovalRow }) {
  return (
    <Section title="Approval">
      <Facts
        facts={{
          Question: row.question,
          Run: <RunLink row={row} />,
          "Decided by": row.decidedBy,
          Comment: row.comment,
          Asked: <Age time={row.created} suffix=" ago" />,
        }}
      />
    </Section>
  );
}
