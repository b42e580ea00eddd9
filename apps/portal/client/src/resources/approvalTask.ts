import type { ApprovalTask } from "@portal/shared";
import { cachedByObject } from "@/lib/cachedByObject";
import { parseTime } from "@/lib/time";
import type { StatusView } from "./phase";
import { approvalStatus } from "./runGraph";

/** One line of the table of approvals. */
export type ApprovalRow = StatusView & {
  id: string;
  approval: ApprovalTask;
  name: string;
  namespace: string;
  question: string;
  run: string;
  decidedBy: string;
  comment: string;
  created: number | null;
};

export const toApprovalRow = cachedByObject((approval: ApprovalTask): ApprovalRow => {
  const { metadata, spec } = approval;
  const { name = "", namespace } = metadata;
  return {
    id: `${namespace ?? ""}/${name}`,
    approval,
    name,
    namespace: namespace ?? "",
    ...approvalStatus(approval),
    question: spec.description ?? "Proceed",
    run: metadata.labels?.["tekton.dev/pipelineRun"] ?? "",
    decidedBy: spec.approve?.approvedBy ?? "",
    comment: spec.approve?.comment ?? "",
    created: parseTime(metadata.creationTimestamp),
  };
});
