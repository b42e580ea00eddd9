import type { ApprovalTask } from "@portal/shared";
import { useApprovalTaskPermissions } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { useId, useState } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Textarea } from "@/components/ui/input";

type Decision = "approve" | "reject";

/** Approve and Reject for a question that is still open; who decides is who is signed in. */
export function Decide({ approval }: { approval: ApprovalTask }) {
  const [asked, setAsked] = useState<Decision | null>(null);
  const permissions = useApprovalTaskPermissions({
    namespace: approval.metadata.namespace ?? null,
  });
  if (approval.spec.action !== "Pending") return null;
  return (
    <span className="inline-flex items-center gap-1.5">
      <PermittedButton
        permission={permissions.patch}
        size="sm"
        variant="primary"
        onClick={() => setAsked("approve")}
      >
        <Check /> <span className="@max-lg:sr-only">Approve</span>
      </PermittedButton>
      <PermittedButton
        permission={permissions.patch}
        size="sm"
        className="text-danger"
        onClick={() => setAsked("reject")}
      >
        <X /> <span className="@max-lg:sr-only">Reject</span>
      </PermittedButton>
      {asked ? (
        <DecideDialog decision={asked} approval={approval} onClose={() => setAsked(null)} />
      ) : null}
    </span>
  );
}

const words = {
  approve: { title: "Approve", done: "approved", after: "The run goes on." },
  reject: { title: "Reject", done: "rejected", after: "The run ends." },
} as const;

function DecideDialog({
  decision,
  approval,
  onClose,
}: {
  decision: Decision;
  approval: ApprovalTask;
  onClose: () => void;
}) {
  const id = useId();
  const [comment, setComment] = useState("");
  const { title, done, after } = words[decision];
  const { name = "", namespace } = approval.metadata;
  const settled = {
    onSuccess: () => {
      toast.success(`${name} is ${done}`);
      onClose();
    },
    onError: (error: { message: string }) =>
      toast.error(`${name} was not ${done}`, { description: error.message }),
  };
  const approve = useMutation(trpc.approvalTasks.approve.mutationOptions(settled));
  const reject = useMutation(trpc.approvalTasks.reject.mutationOptions(settled));
  const { mutate, isPending } = decision === "approve" ? approve : reject;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={title} description={`${approval.spec.description} ${after}`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            mutate({ name, namespace: namespace ?? null, comment });
          }}
        >
          <div className="flex flex-col gap-1.5 px-6 py-5">
            <label htmlFor={id} className="text-[13px] font-medium">
              Comment
            </label>
            <Textarea
              id={id}
              maxLength={500}
              placeholder="Optional; it is kept with your name."
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          </div>
          <footer className="flex justify-end gap-2 border-t bg-muted/40 px-6 py-3.5">
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant={decision === "approve" ? "primary" : "danger"}
              disabled={isPending}
            >
              {title}
            </Button>
          </footer>
        </form>
      </DialogContent>
    </Dialog>
  );
}
