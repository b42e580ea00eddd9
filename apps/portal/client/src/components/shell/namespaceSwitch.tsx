import { Boxes, ChevronsUpDown } from "lucide-react";
import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdownMenu";
import { useNamespace } from "./useNamespace";
import { useNamespaces } from "./useNamespaces";

// Kubernetes forbids an empty namespace name, so it can stand for all of them.
const ALL = "";

export function NamespaceSwitch() {
  const [namespace, setNamespace] = useNamespace();
  const listed = useNamespaces();
  // A linked namespace stays choosable even where the list cannot be read.
  const names = namespace && !listed.includes(namespace) ? [...listed, namespace].sort() : listed;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="sm" className="max-w-56 min-w-0 shrink">
          <Boxes className="text-muted-foreground" />
          <span className="sr-only">Namespace:</span>
          <span className="truncate">{namespace ?? "All namespaces"}</span>
          <ChevronsUpDown className="text-muted-foreground" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="min-w-56">
        <DropdownMenuLabel>Namespace</DropdownMenuLabel>
        <DropdownMenuRadioGroup
          value={namespace ?? ALL}
          onValueChange={(value) => setNamespace(value === ALL ? null : value)}
        >
          <DropdownMenuRadioItem value={ALL}>All namespaces</DropdownMenuRadioItem>
          {names.length > 0 ? <DropdownMenuSeparator /> : null}
          {names.map((name) => (
            <DropdownMenuRadioItem key={name} value={name}>
              <span className="truncate">{name}</span>
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
