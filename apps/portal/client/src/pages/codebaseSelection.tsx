import type { Codebase } from "@portal/shared";
import { useCodebasePermissions } from "@portal/shared/hooks";
import { Trash2 } from "lucide-react";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";

/** What can be done with the selected codebases. */
export function CodebaseSelection({
  selected,
  onDelete,
  onClear,
}: {
  selected: readonly Codebase[];
  onDelete: () => void;
  onClear: () => void;
}) {
  const namespaces = new Set(selected.map(({ metadata }) => metadata.namespace ?? null));
  // Across several namespaces, only a right in all of them is enough.
  const [sole = null] = namespaces.size === 1 ? namespaces : [];
  const permissions = useCodebasePermissions({ namespace: sole, enabled: selected.length > 0 });
  if (selected.length === 0) return null;
  return (
    <div className="flex items-center gap-2 text-[13px]">
      <span role="status" className="text-muted-foreground">
        {selected.length} selected
      </span>
      <PermittedButton
        permission={permissions.delete}
        size="sm"
        className="text-danger"
        onClick={onDelete}
      >
        <Trash2 /> Delete
      </PermittedButton>
      <Button size="sm" variant="ghost" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
