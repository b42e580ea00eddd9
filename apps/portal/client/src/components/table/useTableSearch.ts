import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { parseSort, type TableSearch } from "./tableSearch";

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
  const { sort } = search;
  const sorting = useMemo(() => parseSort(sort ?? defaultSort), [sort, defaultSort]);
  return { search, set, sorting };
}

export type TableSearchState = ReturnType<typeof useTableSearch>;
