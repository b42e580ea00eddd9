import { Status } from "@/components/status";
import { Age } from "@/components/times";
import { type StatusView, statusOf } from "@/resources/phase";
import { columnsFor, type TableRow } from "./features";
import { RowLink } from "./rowLink";

type Judged = TableRow & StatusView & { name: string };

/** The first two columns of most tables: what opens an object, and how it is doing. */
export function nameAndStatus<Row extends Judged>(detail: (row: Row) => string, width: number) {
  const column = columnsFor<Row>();
  return column.columns([
    column.accessor((row) => row.name, {
      id: "name",
      header: "Name",
      enableHiding: false,
      meta: { label: "Name" },
      cell: ({ row: { original } }) => (
        <RowLink id={original.id} name={original.name} detail={detail(original)} />
      ),
    }),
    column.accessor((row) => row.phase, {
      id: "phase",
      header: "Status",
      filterFn: "oneOf",
      meta: { label: "Status", width, iconWhenNarrow: true },
      cell: ({ row }) => <Status iconWhenNarrow {...statusOf(row.original)} />,
    }),
  ]);
}

type Placed = TableRow & { namespace: string; created: number | null };

/** The last two columns of most tables: where an object is, and how old. */
export function placeAndAge<Row extends Placed>() {
  const column = columnsFor<Row>();
  return column.columns([
    column.accessor((row) => row.namespace, {
      id: "namespace",
      header: "Namespace",
      meta: { label: "Namespace", from: "md", width: 140 },
    }),
    column.accessor((row) => row.created, {
      id: "created",
      header: "Age",
      sortFn: "basic",
      sortDescFirst: true,
      meta: { label: "Age", from: "sm", width: 92, align: "end" },
      cell: ({ row }) => <Age time={row.original.created} />,
    }),
  ]);
}
