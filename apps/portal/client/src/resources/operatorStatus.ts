import type { Phase, StatusView } from "./phase";

/** The status that the platform's operators write on every resource of theirs. */
export type OperatorStatus = {
  status?: string | null;
  available?: boolean | null;
  detailedMessage?: string | null;
};

const phases: { [status: string]: Phase } = {
  created: "succeeded",
  initialized: "running",
  in_progress: "running",
  failed: "failed",
};

const words: { [status: string]: string } = {
  created: "Ready",
  initialized: "Initialized",
  in_progress: "In progress",
  failed: "Failed",
};

/** `status.status` is a free string: an unheard-of one is shown as it is, a missing one as pending. */
export function operatorStatus(
  status: OperatorStatus | null | undefined,
  deletionTimestamp?: string | null,
): StatusView {
  if (deletionTimestamp) return { phase: "stopping", reason: "Deleting", message: null };
  const value = status?.status ?? "";
  if (value === "") return { phase: "pending", reason: "Pending", message: null };
  return {
    phase: phases[value] ?? "unknown",
    reason: words[value] ?? value,
    message: status?.detailedMessage || null,
  };
}
