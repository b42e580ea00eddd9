import type { LiveError } from "@fairlead/react";
import type { Named } from "./deletion";
import { Button } from "./ui/button";
import { Dialog, DialogContent } from "./ui/dialog";

export type KeptObject = { readonly object: Named; readonly error: LiveError };

/** After many were to be deleted: those that stay, each with its reason. */
export function Kept({ items, onClose }: { items: readonly KeptObject[]; onClose: () => void }) {
  if (items.length === 0) return null;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={items.length === 1 ? "One was kept" : `${items.length} were kept`}
        description="What else was chosen is deleted."
      >
        <ul className="scroll-thin max-h-80 divide-y overflow-y-auto px-6" data-testid="kept">
          {items.map(({ object: { metadata }, error }) => (
            <li key={metadata.uid ?? metadata.name} className="py-3 text-[13px]">
              <span className="font-medium">{metadata.name}</span>{" "}
              <span className="text-muted-foreground">in {metadata.namespace}</span>
              <p className="text-danger">{error.message}</p>
            </li>
          ))}
        </ul>
        <footer className="flex justify-end border-t bg-muted/40 px-6 py-3.5">
          <Button variant="primary" onClick={onClose}>
            Close
          </Button>
        </footer>
      </DialogContent>
    </Dialog>
  );
}
