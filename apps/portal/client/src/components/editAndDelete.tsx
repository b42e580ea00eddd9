import type { UsePermissions } from "@fairlead/react";
import { Pencil, Trash2 } from "lucide-react";
import { protect } from "@/resources/protection";
import type { Named } from "./deletion";
import { PermittedButton } from "./permittedButton";

/** What every drawer offers: to edit its object and to delete it, each as far as rights and label allow. */
export function EditAndDelete<Item extends Named>({
  object,
  usePermissions,
  onEdit,
  onDelete,
}: {
  object: Item;
  usePermissions: UsePermissions;
  /** Absent for a kind of which nothing may be changed. */
  onEdit?: (object: Item) => void;
  onDelete: (object: Item) => void;
}) {
  const permissions = usePermissions({ namespace: object.metadata.namespace ?? null });
  return (
    <>
      {onEdit ? (
        <PermittedButton
          permission={protect(permissions.update, object, "update")}
          size="sm"
          onClick={() => onEdit(object)}
        >
          <Pencil /> Edit
        </PermittedButton>
      ) : null}
      <PermittedButton
        permission={protect(permissions.delete, object, "delete")}
        size="sm"
        className="text-danger"
        onClick={() => onDelete(object)}
      >
        <Trash2 /> Delete
      </PermittedButton>
    </>
  );
}
