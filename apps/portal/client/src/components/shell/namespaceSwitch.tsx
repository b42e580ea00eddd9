import { Boxes, ChevronsUpDown } from "lucide-react";
import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuCheckboxItem,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdownMenu";
import { useNamespaceScope } from "./useNamespace";
import { useNamespaces } from "./useNamespaces";

/** One namespace, several, or all: a click chooses one, its box adds it to the others. */
export function NamespaceSwitch() {
  const { names, label, set } = useNamespaceScope();
  const listed = useNamespaces();
  // A linked namespace stays choosable even where the list cannot be read.
  const offered = [...new Set([...listed, ...names])].sort();
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="sm" className="max-w-56 min-w-0 shrink">
          <Boxes className="text-muted-foreground" />
          <span className="sr-only">Namespace:</span>
          <span className="truncate">{label}</span>
          <ChevronsUpDown className="text-muted-foreground" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="scroll-thin max-h-96 min-w-64 overflow-y-auto">
        <DropdownMenuLabel>Namespaces</DropdownMenuLabel>
        <DropdownMenuCheckboxItem checked={names.length === 0} onCheckedChange={() => set([])}>
          All namespaces
        </DropdownMenuCheckboxItem>
        {offered.length > 0 ? <DropdownMenuSeparator /> : null}
        {offered.map((name) => (
          <DropdownMenuCheckboxItem
            key={name}
            checked={names.includes(name)}
            onCheckedChange={(on) =>
              set(on ? [...names, name] : names.filter((other) => other !== name))
            }
            // Several may be wanted: the menu stays until it is left.
            onSelect={(event) => event.preventDefault()}
          >
            <span className="truncate">{name}</span>
          </DropdownMenuCheckboxItem>
        ))}
        {names.length > 0 ? (
          <>
            <DropdownMenuSeparator />
            <DropdownMenuItem onSelect={() => set([])}>Show all</DropdownMenuItem>
          </>
        ) : null}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
