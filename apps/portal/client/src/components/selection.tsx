import type { UsePermissions } from "@fairlead/react";
import { Trash2 } from "lucide-react";
import { explainProtection, protect } from "@/resources/protection";
import type { Named } from "./deletion";
import { PermittedButton } from "./permittedButton";
import { Button } from "./ui/button";

/** What can be done with the chosen rows of a table. */
export function Selection({
  selected,
  usePermissions,
  onDelete,
  onClear,
}: {
  selected: readonly Named[];
  /** The kind's own hook. */
  usePermissions: UsePermissions;
  onDelete: () => void;
  onClear: () => void;
}) {
  const namespaces = new Set(selected.map(({ metadata }) => metadata.namespace ?? null));
  // Across several namespaces, only a right in all of them is enough.
  const [sole = null] = namespaces.size === 1 ? namespaces : [];
  const permissions = usePermissions({ namespace: sole, enabled: selected.length > 0 });
  const [first] = selected;
  if (first === undefined) return null;
  // Where the labels leave some, the rest is kept, and told of afterwards.
  const isLeft = selected.some((each) => explainProtection(each, "delete") === null);
  const may = isLeft ? permissions.delete : protect(permissions.delete, first, "delete");
  return (
    <div className="flex items-center gap-2 text-[13px]">
      <span role="status" className="text-muted-foreground">
        {selected.length} selected
      </span>
      <PermittedButton permission={may} size="sm" className="text-danger" onClick={onDelete}>
        <Trash2 /> Delete
      </PermittedButton>
      <Button size="sm" variant="ghost" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
