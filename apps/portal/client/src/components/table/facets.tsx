import { PhaseIcon } from "@/components/status";
import { type Phase, phaseLabel } from "@/resources/phase";
import type { FacetOption } from "./toolbar";

const phaseOrder: readonly Phase[] = [
  "running",
  "pending",
  "stopping",
  "succeeded",
  "failed",
  "cancelled",
  "unknown",
];

export function phaseOptions(
  rows: readonly { phase: Phase }[],
  labels: { [phase in Phase]?: string } = {},
): FacetOption[] {
  const counts = countBy(rows, (row) => row.phase);
  return phaseOrder
    .filter((phase) => counts.has(phase))
    .map((phase) => ({ ...phaseOption(phase, labels), count: counts.get(phase) ?? 0 }));
}

/** Options that the server has counted; all of them without numbers until it has. */
export function countedOptions(
  options: readonly FacetOption[],
  counts: ReadonlyMap<string, number> | null,
): readonly FacetOption[] {
  return counts
    ? options.map((each) => ({ ...each, count: counts.get(each.value) ?? 0 }))
    : options;
}

/** All phases, for a table whose rows are not all here to be counted. */
export function allPhaseOptions(): FacetOption[] {
  return phaseOrder.map((phase) => phaseOption(phase, {}));
}

function phaseOption(phase: Phase, labels: { [phase in Phase]?: string }): FacetOption {
  return {
    value: phase,
    label: labels[phase] ?? phaseLabel[phase],
    icon: <PhaseIcon still phase={phase} className="!text-inherit" />,
  };
}

export function valueOptions<Row>(rows: readonly Row[], read: (row: Row) => string): FacetOption[] {
  return [...countBy(rows, read)]
    .filter(([value]) => value !== "")
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([value, count]) => ({ value, label: value, count }));
}

function countBy<Row>(rows: readonly Row[], read: (row: Row) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = read(row);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
