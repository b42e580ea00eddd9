import { useDeploymentWatchList } from "@portal/shared/hooks";
import { Boxes } from "lucide-react";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { nameAndStatus, placeAndAge } from "@/components/table/commonColumns";
import { phaseOptions } from "@/components/table/facets";
import { columnsFor } from "@/components/table/features";
import { TablePage } from "@/components/table/tablePage";
import { useRows } from "@/lib/useRows";
import { type DeploymentRow, toDeploymentRow } from "@/resources/workload";
import { DeploymentDrawer } from "./deploymentDrawer";

const column = columnsFor<DeploymentRow>();
const columns = column.columns([
  ...nameAndStatus<DeploymentRow>((row) => row.namespace, 150),
  column.accessor("ready", {
    header: "Ready",
    sortFn: "basic",
    meta: { label: "Ready", width: 104, align: "end" },
    cell: ({ row: { original } }) => (
      <span className="tabular-nums">
        {original.ready}/{original.wanted}
      </span>
    ),
  }),
  column.accessor("image", { header: "Image", meta: { label: "Image", from: "lg" } }),
  ...placeAndAge<DeploymentRow>(),
]);

export function DeploymentsPage() {
  const scope = useNamespaceScope();
  const list = useDeploymentWatchList({ namespace: scope.watched });
  const rows = useRows(list.items, toDeploymentRow);
  return (
    <TablePage
      title="Workloads"
      description="Applications that run, and how many copies of them."
      noun="deployments"
      list={list}
      rows={rows}
      columns={columns}
      sort="name"
      facets={[
        {
          key: "status",
          column: "phase",
          label: "Status",
          options: phaseOptions(rows, { succeeded: "Available", running: "Rolling out" }),
        },
      ]}
      rowLabel={(row) => row.name}
      empty={{
        icon: Boxes,
        title: "Nothing runs here yet",
        text: "Deploy an application to a stage, and it shows here.",
      }}
    >
      {({ row, state }) => (
        <DeploymentDrawer
          id={state.search.open}
          row={row}
          onClose={() => state.set({ open: undefined, tab: undefined })}
        />
      )}
    </TablePage>
  );
}
