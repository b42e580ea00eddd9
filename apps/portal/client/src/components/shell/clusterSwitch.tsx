import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, Server } from "lucide-react";
import { trpc } from "@/app/client";
import { addressIn, cluster } from "@/app/cluster";
import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuTrigger,
} from "@/components/ui/dropdownMenu";

/** Which cluster the pages show, where the server knows several. */
export function ClusterSwitch() {
  const { data: names = [] } = useQuery(
    trpc.clusters.list.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }),
  );
  const shown = cluster ?? names[0] ?? "";
  // A cluster that is linked but gone must still be left.
  if (names.length < 2 && (cluster === null || names.includes(cluster))) return null;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="sm" className="max-w-44 min-w-0 shrink-0" data-testid="cluster">
          <Server className="text-muted-foreground" />
          <span className="sr-only">Cluster:</span>
          <span className="truncate max-sm:sr-only">{shown}</span>
          <ChevronsUpDown className="text-muted-foreground max-sm:hidden" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="min-w-48">
        <DropdownMenuLabel>Clusters</DropdownMenuLabel>
        <DropdownMenuRadioGroup
          value={shown}
          onValueChange={(name) => {
            if (name !== shown) window.location.assign(addressIn(name, window.location));
          }}
        >
          {names.map((name) => (
            <DropdownMenuRadioItem key={name} value={name}>
              {name}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
