import { Status } from "@/components/status";
import { placeAndAge } from "@/components/table/commonColumns";
import { columnsFor } from "@/components/table/features";
import { RowLink } from "@/components/table/rowLink";
import { Badge } from "@/components/ui/badge";
import type { CodebaseRow } from "@/resources/codebase";
import { statusOf } from "@/resources/phase";

/** The words operators use for what Tekton would call succeeded and running. */
export const operatorPhaseLabels = {
  succeeded: "Ready",
  running: "In progress",
  stopping: "Deleting",
} as const;

const column = columnsFor<CodebaseRow>();

export const codebaseColumns = column.columns([
  column.accessor("name", {
    header: "Name",
    enableHiding: false,
    meta: { label: "Name" },
    cell: ({ row }) => (
      <RowLink
        id={row.original.id}
        name={row.original.name}
        detail={`${row.original.type} · ${row.original.namespace}`}
      />
    ),
  }),
  column.accessor("phase", {
    header: "Status",
    filterFn: "oneOf",
    meta: { label: "Status", width: 140, iconWhenNarrow: true },
    cell: ({ row }) => <Status iconWhenNarrow {...statusOf(row.original)} />,
  }),
  column.accessor("type", {
    header: "Type",
    filterFn: "oneOf",
    meta: { label: "Type", from: "sm", width: 130 },
    cell: ({ row }) => <Badge>{row.original.type}</Badge>,
  }),
  column.accessor("language", {
    header: "Language",
    meta: { label: "Language", from: "lg", width: 180 },
  }),
  column.accessor("buildTool", {
    header: "Build tool",
    meta: { label: "Build tool", from: "xl", width: 120 },
  }),
  column.accessor((row) => `${row.gitServer}${row.path}`, {
    id: "repository",
    header: "Repository",
    meta: { label: "Repository", from: "2xl", width: 240 },
  }),
  ...placeAndAge<CodebaseRow>(),
]);
