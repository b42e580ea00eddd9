import { Status } from "@/components/status";
import { placeAndAge } from "@/components/table/commonColumns";
import { columnsFor } from "@/components/table/features";
import { RowLink } from "@/components/table/rowLink";
import { Nothing } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import type { BranchRow } from "@/resources/codebase";
import { statusOf } from "@/resources/phase";

const column = columnsFor<BranchRow>();
export const branchColumns = column.columns([
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
    meta: { label: "Kind", from: "lg", width: 100 },
    cell: ({ row }) =>
      row.original.kind === "release" ? (
        <Badge tone="violet">release</Badge>
      ) : (
        <Badge>regular</Badge>
      ),
  }),
  column.accessor("version", {
    header: "Version",
    meta: { label: "Version", from: "xl", width: 150 },
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
    meta: { label: "Last successful", from: "2xl", width: 180, align: "end" },
    cell: ({ row }) => row.original.lastSuccessfulBuild || <Nothing />,
  }),
  ...placeAndAge<BranchRow>(),
]);
