import type { CRUDResult, ResourceObject } from "@fairlead/react";
import { useState } from "react";
import { Deletion } from "./deletion";
import { Kept, type KeptObject } from "./kept";

/** Asks, deletes one or many, and tells of those that the server keeps because something needs them. */
export function GuardedDeletion<Item extends ResourceObject, Draft extends ResourceObject>({
  items,
  crud: { remove, removeMany },
  plural,
  consequence,
  onCancel,
  onDone,
}: {
  items: readonly Item[];
  crud: CRUDResult<Item, Draft>;
  plural: string;
  consequence: string;
  onCancel: () => void;
  onDone: () => void;
}) {
  const [kept, setKept] = useState<readonly KeptObject[]>([]);
  return (
    <>
      <Deletion
        items={items}
        plural={plural}
        consequence={consequence}
        onCancel={onCancel}
        onConfirm={([first, ...rest]) => {
          if (first && rest.length === 0) remove.mutate(first);
          else removeMany.mutate(items, { onSuccess: ({ failed }) => setKept(failed) });
          onDone();
        }}
      />
      <Kept items={kept} onClose={() => setKept([])} />
    </>
  );
}
