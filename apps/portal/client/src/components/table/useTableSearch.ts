import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ColumnVisibilityState, SortingState } from "@tanstack/react-table";
import { useCallback, useMemo } from "react";
import { z } from "zod";

const text = z.string().min(1).optional().catch(undefined);
// A search for `123` is written `?q=123`, which the router reads as a number.
const query = z.coerce.string().min(1).optional().catch(undefined);

/** What a table keeps in the address: the view can be linked, reloaded and gone back to. */
export const tableSearchSchema = z.object({
  q: query,
  sort: text,
  hide: text,
  status: text,
  type: text,
  open: text,
  create: z.boolean().optional().catch(undefined),
});

export type TableSearch = z.infer<typeof tableSearchSchema>;
export type FacetKey = "status" | "type";

export function parseSort(sort: string | undefined): SortingState {
  if (!sort) return [];
  return sort.split(",").map((part) => ({
    id: part.replace(/^-/, ""),
    desc: part.startsWith("-"),
  }));
}

export function formatSort(sorting: SortingState): string | undefined {
  return sorting.map(({ id, desc }) => (desc ? `-${id}` : id)).join(",") || undefined;
}

export function parseList(value: string | undefined): string[] {
  return value ? value.split(",").filter(Boolean) : [];
}

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
