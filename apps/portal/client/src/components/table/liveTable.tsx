import type { ConnectionState } from "@fairlead/react";
import type { LucideIcon } from "lucide-react";
import { CloudOff, EyeOff } from "lucide-react";
import type { ReactNode } from "react";
import {
  DeniedState,
  EmptyState,
  ErrorState,
  NoMatches,
  TableSkeleton,
} from "@/components/pageStates";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { useIsBehind } from "@/lib/watchHealth";
import { DataTable, type DataTableInstance } from "./dataTable";
import type { TableRow } from "./features";
import type { RowWindow } from "./rowWindow";
import type { TableSearchState } from "./useTableSearch";

/** What a live list says about itself, whatever it lists. */
export type ListState = {
  connection?: ConnectionState;
  status: "loading" | "ready" | "error" | "denied";
  error: { readonly message: string } | null;
  isStale: boolean;
  refetch: () => void;
};

export type LiveTableProps<Row extends TableRow> = {
  list: ListState;
  table: DataTableInstance<Row>;
  state: TableSearchState;
  /** What the rows are, in the plural: "codebases". */
  noun: string;
  total: number;
  empty: { icon: LucideIcon; title: string; text: string; action?: ReactNode };
  rowLabel: (row: Row) => string;
  rowClass?: (row: Row) => string | undefined;
  selectable?: boolean;
  /** What a click on a row does; without it, the row's details open beside the table. */
  onOpen?: (id: string) => void;
  /** The table's rows are only a part of the whole; `total` then counts those that fit. */
  window?: RowWindow;
};

/** A live list as a table, in each of the states it can be in. */
export function LiveTable<Row extends TableRow>(props: LiveTableProps<Row>) {
  const { list, table, state, noun, empty, window } = props;
  const { q, status, type } = state.search;
  const isNarrowed = Boolean(q || status || type);
  // Of what the server has filtered, it does not say how much there is without the filters.
  const total = window && isNarrowed ? Number.POSITIVE_INFINITY : props.total;
  const scope = useNamespaceScope();
  const isBehind = useIsBehind(list);
  if (list.status === "loading") return <TableSkeleton noun={noun} />;
  if (list.status === "denied") {
    return (
      <DeniedState noun={noun} reason={list.error?.message ?? "Your role does not allow it."} />
    );
  }
  if (list.status === "error" && props.total === 0) {
    return (
      <ErrorState
        noun={noun}
        error={list.error ?? new Error("The server gave no reason.")}
        retry={list.refetch}
      />
    );
  }
  const missing = missingFrom(list.connection);
  if (total === 0) {
    return (
      <>
        {missing}
        <EmptyState icon={empty.icon} title={empty.title} action={empty.action}>
          {scope.names.length > 0 ? `Nothing here in ${scope.names.join(", ")}. ` : null}
          {empty.text}
        </EmptyState>
      </>
    );
  }
  if ((window?.total ?? table.getRowModel().rows.length) === 0) {
    const clear = () => state.set({ q: undefined, status: undefined, type: undefined });
    return <NoMatches noun={noun} clear={clear} />;
  }
  return (
    <>
      {isBehind ? <StaleNotice /> : missing}
      <DataTable
        // Another namespace is another table: its rows are not news.
        key={scope.names.join()}
        table={table}
        label={noun}
        openId={state.search.open}
        onOpen={props.onOpen ?? ((id) => state.set({ open: id, tab: undefined }))}
        rowLabel={props.rowLabel}
        window={window}
        {...(props.rowClass ? { rowClass: props.rowClass } : {})}
        {...(props.selectable ? { selectable: true } : {})}
      />
    </>
  );
}

function StaleNotice() {
  return (
    <p
      role="status"
      data-testid="stale"
      className="flex items-center gap-2 border-b bg-warning-fill/12 px-4 py-1.5 text-xs text-warning"
    >
      <CloudOff aria-hidden="true" className="size-3.5 shrink-0" />
      Not live at the moment: this is the last known state. It catches up by itself.
    </p>
  );
}

/** What the server leaves out of a list that is live, and why: a part of the namespaces, for want of rights. */
function missingFrom(connection: ConnectionState | undefined) {
  if (connection?.state !== "live" || !connection.reason) return null;
  return (
    <p
      role="status"
      data-testid="missing"
      className="flex items-center gap-2 border-b bg-muted/50 px-4 py-1.5 text-xs text-muted-foreground"
    >
      <EyeOff aria-hidden="true" className="size-3.5 shrink-0" />
      <span className="line-clamp-2" title={connection.reason}>
        {connection.reason}
      </span>
    </p>
  );
}
