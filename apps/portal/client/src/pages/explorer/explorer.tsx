import type { KindTable, TableRow as PrintedRow, ServedKind } from "@portal/shared";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { FilePlus2, Shapes } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { trpc } from "@/app/client";
import { useNamespace } from "@/components/shell/useNamespace";
import { columnsFor } from "@/components/table/features";
import { RowLink } from "@/components/table/rowLink";
import { TablePage } from "@/components/table/tablePage";
import { Age, Nothing } from "@/components/times";
import { Button } from "@/components/ui/button";
import { parseTime } from "@/lib/time";
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
  const [namespace] = useNamespace();
  const [applying, setApplying] = useState(false);
  const kinds = useQuery(trpc.explorer.kinds.queryOptions(undefined, { staleTime: 60_000 }));
  const ref = parseKind(shown);
  const kind = kinds.data?.find((each) => formatKind(each) === shown);
  const { table, list } = useKindTable(ref, kind?.namespaced === false ? null : namespace);
  const rows = useMemo(() => (table?.rows ?? []).map(toRow), [table]);
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

function toColumns(table: KindTable | undefined, kind: ServedKind | undefined) {
  const printed = (table?.columns ?? []).flatMap((each, index) => {
    if (each.priority > 0 || each.format === "name" || each.name === "Age") return [];
    return [
      column.accessor((row) => toText(row.cells[index]), {
        id: `cell-${index}`,
        header: each.name,
        sortFn: "alphanumeric",
        meta: { label: each.name, from: index > 3 ? "lg" : "md" },
        cell: ({ getValue }) => getValue() || <Nothing />,
      }),
    ];
  });
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
