import { usePodWatchList } from "@portal/shared/hooks";
import { Box } from "lucide-react";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { nameAndStatus, placeAndAge } from "@/components/table/commonColumns";
import { phaseOptions } from "@/components/table/facets";
import { columnsFor } from "@/components/table/features";
import { TablePage } from "@/components/table/tablePage";
import { Nothing } from "@/components/times";
import { useRows } from "@/lib/useRows";
import { type PodRow, toPodRow } from "@/resources/workload";
import { PodDrawer } from "./podDrawer";

const column = columnsFor<PodRow>();
const columns = column.columns([
  ...nameAndStatus<PodRow>((row) => row.namespace, 150),
  column.accessor("ready", {
    header: "Ready",
    meta: { label: "Ready", width: 104, align: "end" },
    cell: ({ row }) => <span className="tabular-nums">{row.original.ready}</span>,
  }),
  column.accessor("restarts", {
    header: "Restarts",
    sortFn: "basic",
    meta: { label: "Restarts", from: "lg", width: 112, align: "end" },
  }),
  column.accessor("node", {
    header: "Node",
    meta: { label: "Node", from: "xl", width: 150 },
    cell: ({ row }) => row.original.node || <Nothing />,
  }),
  ...placeAndAge<PodRow>(),
]);

export function PodsPage() {
  const scope = useNamespaceScope();
  const list = usePodWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toPodRow);
  return (
    <TablePage
      title="Pods"
      description="Running copies of applications, and tasks of pipelines."
      noun="pods"
      list={list}
      rows={rows}
      columns={columns}
      sort="-created"
      facets={[
        {
          key: "status",
          column: "phase",
          label: "Status",
          options: phaseOptions(rows, { succeeded: "Running or done" }),
        },
      ]}
      rowLabel={(row) => row.name}
      empty={{
        icon: Box,
        title: "No pods",
        text: "Pods show here as soon as something runs.",
      }}
    >
      {({ row, state }) => (
        <PodDrawer
          id={state.search.open}
          row={row}
          onClose={() => state.set({ open: undefined, tab: undefined })}
        />
      )}
    </TablePage>
  );
}
