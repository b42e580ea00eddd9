/** What a resource is doing, reduced to what the eye must tell apart. */
export type Phase =
  | "succeeded"
  | "failed"
  | "running"
  | "pending"
  | "stopping"
  | "cancelled"
  | "unknown";

export type Tone = "success" | "danger" | "info" | "warning" | "violet" | "neutral";

export const phaseTone: Record<Phase, Tone> = {
  succeeded: "success",
  failed: "danger",
  running: "info",
  pending: "warning",
  stopping: "violet",
  cancelled: "violet",
  unknown: "neutral",
};

export const phaseLabel: Record<Phase, string> = {
  succeeded: "Succeeded",
  failed: "Failed",
  running: "Running",
  pending: "Pending",
  stopping: "Stopping",
  cancelled: "Cancelled",
  unknown: "Unknown",
};

export type StatusView = { phase: Phase; reason: string; message: string | null };

/** The status alone of something that has one. */
export function statusOf({ phase, reason, message }: StatusView): StatusView {
  return { phase, reason, message };
}
