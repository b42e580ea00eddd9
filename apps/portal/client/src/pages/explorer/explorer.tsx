import type { KindTable, TableRow as PrintedRow, ServedKind, TableColumn } from "@portal/shared";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { FilePlus2, Shapes } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { trpc } from "@/app/client";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { columnsFor } from "@/components/table/features";
import { RowLink } from "@/components/table/rowLink";
import { TablePage } from "@/components/table/tablePage";
import { Age, Nothing } from "@/components/times";
import { Button } from "@/components/ui/button";
import { parseDuration, parseTime } from "@/lib/time";
import { formatKind, parseKind } from "./explorerSearch";
import { KindPicker } from "./kindPicker";
import { useKindTable } from "./useKindTable";

// The editor is large, and most visits only look.
const ObjectDrawer = lazy(async () => ({
  default: (await import("./objectDrawer")).ObjectDrawer,
}));
const ApplyDialog = lazy(async () => ({ default: (await import("./applyDialog")).ApplyDialog }));

const DEFAULT_KIND = "configmaps.v1.";

type Row = {
  id: string;
  name: string;
  namespace: string;
  cells: PrintedRow["cells"];
  created: number | null;
};

/** Every kind that the cluster serves, with the columns that it prints. */
export function ExplorerPage() {
  const { kind: shown = DEFAULT_KIND } = useSearch({ strict: false });
  const navigate = useNavigate();
  const { names, sole: namespace } = useNamespaceScope();
  const [applying, setApplying] = useState(false);
  const kinds = useQuery(trpc.explorer.kinds.queryOptions(undefined, { staleTime: 60_000 }));
  const ref = parseKind(shown);
  const kind = kinds.data?.find((each) => formatKind(each) === shown);
  const { table, list } = useKindTable(ref, kind?.namespaced === false ? null : namespace);
  const rows = useMemo(
    () =>
      (table?.rows ?? [])
        .map(toRow)
        // Of several namespaces the cluster is asked for all.
        .filter((row) => names.length < 2 || !row.namespace || names.includes(row.namespace)),
    [table, names],
  );
  const columns = useMemo(() => toColumns(table, kind), [table, kind]);
  const noun = kind?.plural ?? "objects";
  return (
    <>
      <TablePage
        key={shown}
        title={kind?.kind ?? "All resources"}
        description={describe(kind, table)}
        noun={noun}
        list={list}
        rows={rows}
        columns={columns}
        sort="name"
        rowLabel={(row) => row.name}
        actions={
          <>
            <KindPicker
              kinds={kinds.data ?? []}
              value={shown}
              onChange={(value) =>
                void navigate({
                  to: "/explore",
                  search: (previous) => ({ ns: previous.ns, kind: value }),
                })
              }
            />
            <Button variant="primary" onClick={() => setApplying(true)}>
              <FilePlus2 /> Apply YAML
            </Button>
          </>
        }
        empty={{
          icon: Shapes,
          title: `No ${noun}`,
          text: "The cluster has none of this kind that you may see.",
        }}
      >
        {({ state }) =>
          ref && state.search.open ? (
            <Suspense>
              <ObjectDrawer
                kind={ref}
                title={kind?.kind ?? ref.plural}
                id={state.search.open}
                onClose={() => state.set({ open: undefined })}
              />
            </Suspense>
          ) : null
        }
      </TablePage>
      {applying ? (
        <Suspense>
          <ApplyDialog namespace={namespace} onClose={() => setApplying(false)} />
        </Suspense>
      ) : null}
    </>
  );
}

function describe(kind: ServedKind | undefined, table: KindTable | undefined): string {
  const where = kind ? `${kind.group || "core"}/${kind.version}` : "Whatever the cluster serves";
  return table?.missing ? `${where} · ${table.missing}` : where;
}

function toRow(row: PrintedRow): Row {
  return {
    id: `${row.namespace ?? ""}/${row.name}`,
    name: row.name,
    namespace: row.namespace ?? "",
    cells: row.cells,
    created: parseTime(row.creationTimestamp),
  };
}

const column = columnsFor<Row>();

/** The narrowest table with room for the kind's own column of that place. */
function narrowestFor(place: number): "md" | "lg" | "xl" | "2xl" {
  if (place < 2) return "md";
  if (place < 4) return "lg";
  return place < 6 ? "xl" : "2xl";
}

/** A column that the kind prints; those for wide views (`kubectl get -o wide`) wait in the menu of columns. */
function toColumn(printed: TableColumn, index: number, place: number) {
  const label = printed.name;
  const extra = printed.priority > 0 ? { extra: true as const } : {};
  const options = { id: `cell-${index}`, header: label };
  const meta = { label, from: narrowestFor(place), ...extra };
  const show = (row: Row) => toText(row.cells[index]) || <Nothing />;
  // The cluster prints a date as the time since then.
  if (printed.type === "date") {
    return column.accessor((row) => parseDuration(toText(row.cells[index])) ?? -1, {
      ...options,
      sortFn: "basic",
      meta,
      cell: ({ row }) => show(row.original),
    });
  }
  return column.accessor((row) => toText(row.cells[index]), {
    ...options,
    sortFn: "alphanumeric",
    meta,
    cell: ({ row }) => show(row.original),
  });
}

function toColumns(table: KindTable | undefined, kind: ServedKind | undefined) {
  const own = (table?.columns ?? [])
    .map((printed, index) => ({ printed, index }))
    .filter(({ printed }) => printed.format !== "name" && printed.name !== "Age");
  const printed = own.map(({ printed, index }, place) => toColumn(printed, index, place));
  return column.columns([
    column.accessor("name", {
      header: "Name",
      enableHiding: false,
      meta: { label: "Name" },
      cell: ({ row: { original } }) => (
        <RowLink id={original.id} name={original.name} detail={original.namespace} />
      ),
    }),
    ...printed,
    ...(kind?.namespaced === false
      ? []
      : [
          column.accessor("namespace", {
            id: "namespace",
            header: "Namespace",
            meta: { label: "Namespace", from: "md", width: 150 },
          }),
        ]),
    column.accessor("created", {
      header: "Age",
      sortFn: "basic",
      sortDescFirst: true,
      meta: { label: "Age", from: "sm", width: 92, align: "end" },
      cell: ({ row }) => <Age time={row.original.created} />,
    }),
  ]);
}

function toText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
