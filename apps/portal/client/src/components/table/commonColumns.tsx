import { Age } from "@/components/times";
import { columnsFor, type TableRow } from "./features";

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
