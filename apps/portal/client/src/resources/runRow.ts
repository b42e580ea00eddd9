import type { RunRow as WireRow } from "@portal/shared";
import { cachedByObject } from "@/lib/cachedByObject";

/** One line of a table of runs, as the server has worked it out. */
export type RunRow = Omit<WireRow, "metadata"> & { id: string; name: string; namespace: string };

export const toRunRow = cachedByObject(({ metadata, ...row }: WireRow): RunRow => {
  const { name, namespace } = metadata;
  return { ...row, id: `${namespace ?? ""}/${name}`, name, namespace: namespace ?? "" };
});
