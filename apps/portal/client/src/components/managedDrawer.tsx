import type { CRUDResult, ResourceObject, UsePermissions } from "@fairlead/react";
import { type ReactNode, useState } from "react";
import { Deletion } from "./deletion";
import { ResourceDrawer, type ShownObject } from "./details";
import { EditAndDelete } from "./editAndDelete";
import type { TableSearchState } from "./table/useTableSearch";

/** The drawer of a kind that is edited and deleted from it, with the question before deleting. */
export function ManagedDrawer<
  Item extends ResourceObject & ShownObject,
  Draft extends ResourceObject,
>({
  kind,
  plural,
  consequence,
  object,
  status,
  state,
  crud: { remove },
  usePermissions,
  onEdit,
  children,
}: {
  kind: string;
  plural: string;
  /** What deleting it does, in a sentence. */
  consequence: string;
  object: Item | undefined;
  status?: ReactNode;
  state: TableSearchState;
  crud: CRUDResult<Item, Draft>;
  usePermissions: UsePermissions;
  onEdit: (object: Item) => void;
  /** What the first tab shows of it. */
  children: ReactNode;
}) {
  const [deleting, setDeleting] = useState<readonly Item[]>([]);
  return (
    <>
      <ResourceDrawer
        id={state.search.open}
        kind={kind}
        object={object}
        status={status}
        actions={
          object ? (
            <EditAndDelete
              object={object}
              usePermissions={usePermissions}
              onEdit={onEdit}
              onDelete={(item) => setDeleting([item])}
            />
          ) : null
        }
        onClose={() => state.set({ open: undefined, tab: undefined })}
        tabs={object ? [{ id: "overview", label: "Overview", content: children }] : []}
      />
      <Deletion
        items={deleting}
        plural={plural}
        consequence={consequence}
        onCancel={() => setDeleting([])}
        onConfirm={([item]) => {
          if (item) remove.mutate(item);
          setDeleting([]);
          state.set({ open: undefined });
        }}
      />
    </>
  );
}
