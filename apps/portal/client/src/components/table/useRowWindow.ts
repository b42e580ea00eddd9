import type { Counts, UseView } from "@fairlead/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import {
  type RowWindow,
  spanFor,
  type WindowFacet,
  type WindowFields,
  windowFrom,
} from "./rowWindow";
import type { TableSearchState } from "./useTableSearch";

// Whoever drags the scroll bar passes a hundred spans and looks at one.
const SETTLE = 60;

type Options<Item, Row> = WindowFields & {
  useView: UseView<Item>;
  /** Must keep its results: an unchanged item is the same row. */
  toRow: (item: Item) => Row;
  state: TableSearchState;
};

/** A live table of any length, of which only the part that is looked at is here. */
export function useRowWindow<Item, Row>(options: Options<Item, Row>) {
  const { useView, toRow, state, fields, facets } = options;
  const { names } = useNamespaceScope();
  const [offset, onRange] = useOffset();
  const query = windowFrom(offset, { ...state, fields, facets, names });
  const list = useView(query);
  // Until the new part is here, the old one stays, where it was.
  const asks = JSON.stringify(query);
  const shown = useRef({ key: asks, offset });
  if (!list.isPlaceholder && shown.current.key !== asks) shown.current = { key: asks, offset };
  const { rows: items, total, counts } = list;
  const rows = useMemo(() => items.map(toRow), [items, toRow]);
  const { key, offset: begins } = shown.current;
  const window = useMemo(
    (): RowWindow => ({ offset: begins, total, key, onRange }),
    [begins, total, key, onRange],
  );
  const countsOf = useMemo(() => readCounts(facets, counts), [facets, counts]);
  return { list, rows, window, countsOf };
}

/** How many rows each value of a facet would leave; null until the server has said it. */
function readCounts(facets: readonly WindowFacet[], counts: Counts | null) {
  return (key: WindowFacet["key"]): ReadonlyMap<string, number> | null => {
    const found = counts?.[facets.findIndex((facet) => facet.key === key)];
    return found ? new Map(found.map(({ values, count }) => [String(values[0]), count])) : null;
  };
}

function useOffset() {
  const [offset, setOffset] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onRange = useCallback((first: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOffset(spanFor(first)), SETTLE);
  }, []);
  return [offset, onRange] as const;
}
