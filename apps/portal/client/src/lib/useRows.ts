import { useEffect, useMemo, useRef, useState } from "react";

// No eye follows a long list at sixty changes a second, but sorting it as often would cost the page
// its smoothness.
const LONG_LIST = 500;
const PACE = 200;

/** A live list's rows: of a short one at once, of a long one a few times a second at most. */
export function useRows<Item, Row>(items: readonly Item[], toRow: (item: Item) => Row): Row[] {
  const paced = usePaced(items);
  return useMemo(() => paced.map(toRow), [paced, toRow]);
}

function usePaced<Item>(items: readonly Item[]): readonly Item[] {
  const [shown, setShown] = useState(items);
  const shownAt = useRef(0);
  // From short to long or back, as after a change of the namespace, nothing old may linger.
  const isLong = items.length > LONG_LIST && shown.length > LONG_LIST;
  useEffect(() => {
    if (items === shown) return;
    // Each change sets the timer anew, but for the same moment.
    const wait = isLong ? Math.max(0, shownAt.current + PACE - performance.now()) : 0;
    const timer = setTimeout(() => {
      shownAt.current = performance.now();
      setShown(items);
    }, wait);
    return () => clearTimeout(timer);
  }, [items, shown, isLong]);
  return isLong ? shown : items;
}
