import type { Codebase } from "@portal/shared";
import { useEffect, useState } from "react";
import { ConfirmDialog } from "@/components/ui/alertDialog";

/** Asks before codebases are deleted. Open while there are any. */
export function DeleteCodebases({
  codebases,
  onCancel,
  onConfirm,
}: {
  codebases: readonly Codebase[];
  onCancel: () => void;
  onConfirm: () => void;
}) {
  // While the dialog fades out it still speaks of what it asked about.
  const [shown, setShown] = useState(codebases);
  useEffect(() => {
    if (codebases.length > 0) setShown(codebases);
  }, [codebases]);
  const [first] = shown;
  const one = shown.length === 1 ? first : undefined;
  return (
    <ConfirmDialog
      open={codebases.length > 0}
      onOpenChange={(open) => (open ? undefined : onCancel())}
      title={one ? `Delete ${one.metadata.name}?` : `Delete ${shown.length} codebases?`}
      description={
        one
          ? "It is removed from the platform. Its Git repository is kept. This cannot be undone."
          : "They are removed from the platform. Their Git repositories are kept. This cannot be undone."
      }
      action="Delete"
      onConfirm={onConfirm}
    >
      {one ? null : (
        <ul className="scroll-thin max-h-40 overflow-y-auto rounded-lg border bg-muted/60 px-3 py-2 text-[13px]">
          {shown.map(({ metadata }) => (
            <li key={metadata.uid ?? metadata.name} className="truncate">
              {metadata.name} <span className="text-muted-foreground">in {metadata.namespace}</span>
            </li>
          ))}
        </ul>
      )}
    </ConfirmDialog>
  );
}
