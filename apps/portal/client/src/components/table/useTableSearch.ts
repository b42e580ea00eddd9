import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ColumnVisibilityState } from "@tanstack/react-table";
import { useCallback, useMemo } from "react";
import { parseList, parseSort, type TableSearch } from "./tableSearch";

/** The table state held by the address, and how to change it. */
export function useTableSearch(defaultSort: string) {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (patch: Partial<TableSearch>) => {
      void navigate({ to: ".", search: (previous) => ({ ...previous, ...patch }), replace: true });
    },
    [navigate],
  );
  const { sort, hide } = search;
  const sorting = useMemo(() => parseSort(sort ?? defaultSort), [sort, defaultSort]);
  const visibility = useMemo(
    (): ColumnVisibilityState => Object.fromEntries(parseList(hide).map((id) => [id, false])),
    [hide],
  );
  return { search, set, sorting, visibility };
}

export type TableSearchState = ReturnType<typeof useTableSearch>;
