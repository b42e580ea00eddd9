import { useNavigate } from "@tanstack/react-router";
import { Boxes, Monitor, Moon, Plus, Sun } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import { useState } from "react";
import { pageGroups } from "@/components/shell/pages";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { useNamespaces } from "@/components/shell/useNamespaces";
import {
  Command,
  CommandEmpty,
  CommandGroup,
  CommandInput,
  CommandItem,
  CommandList,
} from "@/components/ui/command";
import { overlayClass } from "@/components/ui/dialog";
import { setTheme } from "@/lib/theme";
import { type Found, useSearchResults } from "./useSearchResults";

/** Pages, objects and actions by a few letters of their names. */
export function PaletteDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const found = useSearchResults(text);
  return (
    <Primitive.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Primitive.Portal>
        <Primitive.Overlay className={overlayClass} />
        <Primitive.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border bg-popover shadow-2xl data-[state=open]:animate-enter-pop"
        >
          <Primitive.Title className="sr-only">Search and commands</Primitive.Title>
          <Command label="Search and commands" loop>
            <CommandInput
              value={text}
              onValueChange={setText}
              placeholder="A page, a codebase, a run, a command…"
            />
            <CommandList>
              <CommandEmpty className="px-2 py-8 text-center text-[13px] text-muted-foreground">
                Nothing is called that.
              </CommandEmpty>
              <Pages onDone={onClose} />
              <Objects found={found} onDone={onClose} />
              <Actions onDone={onClose} />
            </CommandList>
          </Command>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

type Part = { onDone: () => void };

function Pages({ onDone }: Part) {
  const navigate = useNavigate();
  return (
    <CommandGroup heading="Pages">
      {pageGroups
        .flatMap(({ pages }) => pages)
        .map(({ to, label, icon: Icon, words = "" }) => (
          <CommandItem
            key={to}
            value={`page ${label}`}
            keywords={words.split(" ")}
            onSelect={() => {
              void navigate({ to });
              onDone();
            }}
          >
            <Icon aria-hidden="true" /> {label}
          </CommandItem>
        ))}
    </CommandGroup>
  );
}

function Objects({ found, onDone }: Part & { found: readonly Found[] }) {
  const navigate = useNavigate();
  if (found.length === 0) return null;
  return (
    <CommandGroup heading="In the cluster">
      {found.map(({ key, kind, name, namespace, icon: Icon, target }) => (
        <CommandItem
          key={key}
          value={`${name} ${key}`}
          onSelect={() => {
            void navigate(target);
            onDone();
          }}
        >
          <Icon aria-hidden="true" />
          <span className="min-w-0 flex-1 truncate">{name}</span>
          <span className="shrink-0 text-xs text-muted-foreground">
            {kind} · {namespace}
          </span>
        </CommandItem>
      ))}
    </CommandGroup>
  );
}

function Actions({ onDone }: Part) {
  const navigate = useNavigate();
  const scope = useNamespaceScope();
  const namespaces = useNamespaces();
  const run = (action: () => void) => () => {
    action();
    onDone();
  };
  return (
    <CommandGroup heading="Commands">
      <CommandItem
        onSelect={run(() => void navigate({ to: "/codebases", search: { create: true } }))}
      >
        <Plus aria-hidden="true" /> Create codebase
      </CommandItem>
      {scope.names.length > 0 ? (
        <CommandItem onSelect={run(() => scope.set([]))}>
          <Boxes aria-hidden="true" /> Show all namespaces
        </CommandItem>
      ) : null}
      {namespaces
        .filter((name) => name !== scope.sole)
        .map((name) => (
          <CommandItem key={name} onSelect={run(() => scope.set([name]))}>
            <Boxes aria-hidden="true" /> Show namespace {name}
          </CommandItem>
        ))}
      <CommandItem onSelect={run(() => setTheme("light"))}>
        <Sun aria-hidden="true" /> Light colours
      </CommandItem>
      <CommandItem onSelect={run(() => setTheme("dark"))}>
        <Moon aria-hidden="true" /> Dark colours
      </CommandItem>
      <CommandItem onSelect={run(() => setTheme("system"))}>
        <Monitor aria-hidden="true" /> Colours of the system
      </CommandItem>
    </CommandGroup>
  );
}
