import type { ServedKind } from "@portal/shared";
import { ChevronsUpDown } from "lucide-react";
import { Popover } from "radix-ui";
import { useRef, useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { formatKind } from "./explorerSearch";

type Props = {
  kinds: readonly ServedKind[];
  value: string;
  onChange: (kind: string) => void;
};

/** Chooses one of the cluster's kinds by typing part of its name, group or short name. */
export function KindPicker({ kinds, value, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const current = kinds.find((kind) => formatKind(kind) === value);
  const found = kinds.filter((kind) => matches(kind, query.trim().toLowerCase()));
  const choose = (kind: ServedKind) => {
    setOpen(false);
    setQuery("");
    onChange(formatKind(kind));
  };
  const focusItem = (step: 1 | -1) => {
    const items = [...(list.current?.querySelectorAll("button") ?? [])];
    const index = items.indexOf(document.activeElement as HTMLButtonElement);
    items[Math.max(0, Math.min(items.length - 1, index + step))]?.focus();
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button>
          <span className="sr-only">Choose a kind: </span>
          {current?.kind ?? "Kind"} <ChevronsUpDown className="text-muted-foreground" />
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={4}
          className="z-50 flex max-h-[min(28rem,70vh)] w-80 flex-col overflow-hidden rounded-lg border bg-popover shadow-lg data-[state=open]:animate-enter-pop"
          onKeyDown={(event) => {
            if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
            event.preventDefault();
            focusItem(event.key === "ArrowDown" ? 1 : -1);
          }}
        >
          <div className="border-b p-2">
            <Input
              autoFocus
              aria-label="Search kinds"
              placeholder="Search kinds…"
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && found[0]) choose(found[0]);
              }}
            />
          </div>
          <ul ref={list} className="scroll-thin min-h-0 flex-1 overflow-y-auto p-1">
            {found.map((kind) => (
              <li key={formatKind(kind)}>
                <button
                  type="button"
                  onClick={() => choose(kind)}
                  className={cn(
                    "flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-left text-[13px] outline-none hover:bg-accent focus:bg-accent",
                    formatKind(kind) === value && "text-primary",
                  )}
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{kind.kind}</span>
                    <span className="block truncate text-xs text-muted-foreground">
                      {kind.group || "core"}/{kind.version}
                    </span>
                  </span>
                  {kind.custom ? <Badge tone="info">custom</Badge> : null}
                </button>
              </li>
            ))}
            {found.length === 0 ? (
              <li className="px-2 py-3 text-[13px] text-muted-foreground">No kind matches.</li>
            ) : null}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function matches(kind: ServedKind, query: string): boolean {
  if (query === "") return true;
  const names = [kind.kind, kind.plural, kind.group, ...kind.shortNames];
  return names.some((name) => name.toLowerCase().includes(query));
}
