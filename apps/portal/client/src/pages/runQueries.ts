import type { ViewOptions } from "@fairlead/react";
import { inNamespaces, type WindowFields } from "@/components/table/rowWindow";
import type { TimeRange } from "@/resources/timeRange";

/** How the table of runs is sorted at first, as in the address. */
export const NEWEST_FIRST = "-started";

export const runFields: WindowFields = {
  fields: { name: "metadata.name", namespace: "metadata.namespace" },
  facets: [
    { key: "status", column: "phase" },
    { key: "type", column: "type" },
  ],
};

const RECENT = 8;
export const ATTENTION = 6;

const DURATION_STEP = 1000;
const PACE = { maxFramesPerSecond: 4 };

/** The end of the current bar of the charts: the edge moves once a bar, not at each tick. */
export function endOfBar(now: number, { width }: TimeRange): number {
  return Math.ceil(now / width) * width;
}

/** All that the overview says of runs, counted by the server: of ten thousand runs a dozen come here. */
export function overviewQueries(
  names: readonly string[],
  { width, count }: TimeRange,
  until: number,
): { newest: ViewOptions; inRange: ViewOptions } {
  const { namespace, filters } = inNamespaces(names);
  const newest = {
    ...PACE,
    namespace,
    filters,
    sort: [NEWEST_FIRST],
    limit: RECENT,
    facets: [{ by: ["phase"] }],
  };
  // The rows are those that failed; the facets, by phase among others, count all that began in the range.
  const inRange: ViewOptions = {
    ...PACE,
    namespace,
    filters: [
      ...filters,
      { field: "started", operator: "greaterThan", value: until - width * count - 1 },
      { field: "phase", operator: "equals", value: "failed" },
    ],
    sort: [NEWEST_FIRST],
    limit: ATTENTION,
    facets: [
      { by: ["started", "phase"], step: width },
      { by: ["duration", "phase"], step: DURATION_STEP },
    ],
  };
  return { newest, inRange };
}
