import { type ReactNode, useEffect, useState } from "react";
import { ConfirmDialog } from "./ui/alertDialog";

/** An object as far as deleting it is asked about. */
export type Named = {
  readonly metadata: {
    readonly name?: string | null | undefined;
    readonly namespace?: string | null | undefined;
    readonly uid?: string | null | undefined;
  };
};

/** Asks before objects are deleted. Open while there are any. */
export function Deletion<Item extends Named>({
  items,
  plural,
  consequence,
  onCancel,
  onConfirm,
}: {
  items: readonly Item[];
  /** What several of them are called. */
  plural: string;
  /** What deleting them does, in a sentence. */
  consequence: ReactNode;
  onCancel: () => void;
  onConfirm: (items: readonly Item[]) => void;
}) {
  // While the dialog fades out it still speaks of what it asked about.
  const [shown, setShown] = useState(items);
  useEffect(() => {
    if (items.length > 0) setShown(items);
  }, [items]);
  const one = shown.length === 1 ? shown[0] : undefined;
  return (
    <ConfirmDialog
      open={items.length > 0}
      onOpenChange={(open) => (open ? undefined : onCancel())}
      title={one ? `Delete ${one.metadata.name}?` : `Delete ${shown.length} ${plural}?`}
      description={<>{consequence} This cannot be undone.</>}
      action="Delete"
      onConfirm={() => onConfirm(items)}
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
