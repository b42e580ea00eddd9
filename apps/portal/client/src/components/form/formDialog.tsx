import type { Permission } from "@fairlead/react";
import type { ResourceForm } from "@fairlead/react/form";
import type { Conflict } from "@fairlead/react/writes";
import { LoaderCircle } from "lucide-react";
import type { ReactNode } from "react";
import type { FieldValues } from "react-hook-form";
import { ConflictNotice } from "@/components/conflictNotice";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";

/** A dialog with a form: what was refused stands at its field, all else above the buttons. */
export function FormDialog<Values extends FieldValues, Item = unknown>({
  title,
  description,
  action,
  form,
  permission,
  conflict,
  together,
  onClose,
  children,
}: {
  title: string;
  description: string;
  /** What the button that sends it says. */
  action: string;
  form: ResourceForm<Values>;
  permission: Permission;
  /** Somebody else's change in between; its notice takes the place of the server's words. */
  conflict?: Conflict<Item> | null;
  /** As of the notice: paths that are chosen together. */
  together?: readonly string[];
  onClose: () => void;
  children: ReactNode;
}) {
  const { isSubmitting } = form.formState;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={title} description={description}>
        <form
          noValidate
          className="flex min-h-0 flex-1 flex-col"
          onSubmit={(event) => {
            event.preventDefault();
            if (permission.allowed && !isSubmitting) void form.onSubmit(event);
          }}
        >
          <div className="scroll-thin flex flex-1 flex-col gap-4 overflow-y-auto px-6 py-5">
            {conflict ? (
              <ConflictNotice conflict={conflict} together={together} onDone={onClose} />
            ) : null}
            {children}
          </div>
          {form.formError && !conflict ? (
            <p
              role="alert"
              className="border-t bg-danger-fill/10 px-6 py-2.5 text-[13px] text-danger"
            >
              {form.formError}
            </p>
          ) : null}
          <footer className="flex justify-end gap-2 border-t bg-muted/40 px-6 py-3.5">
            <Button onClick={onClose}>Cancel</Button>
            <PermittedButton
              permission={permission}
              type={permission.allowed ? "submit" : "button"}
              variant="primary"
              disabled={isSubmitting}
            >
              {isSubmitting ? <LoaderCircle className="animate-spin" /> : null}
              {action}
            </PermittedButton>
          </footer>
        </form>
      </DialogContent>
    </Dialog>
  );
}
