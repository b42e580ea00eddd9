import { Columns3, ListFilter, Search, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
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
import { Input } from "@/components/ui/input";
import { counted } from "@/lib/counted";
import type { DataTableInstance } from "./dataTable";
import type { TableRow } from "./features";
import { type FacetKey, parseList } from "./tableSearch";
import type { TableSearchState } from "./useTableSearch";

const SEARCH_DELAY = 120;

/** The search field; typing reaches the address a moment later. `/` anywhere on the page focuses it. */
export function SearchField({
  value,
  onChange,
  label,
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
}) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, SEARCH_DELAY);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || event.metaKey || event.ctrlKey || event.altKey) return;
      if (target.closest("input,textarea,select,[contenteditable],[role=dialog]")) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  return (
    <div className="relative min-w-40 flex-1 sm:max-w-72">
      <Search className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted-foreground" />
      <Input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={`${label}…`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setText("");
        }}
        className="h-8 px-8 text-[13px] [&::-webkit-search-cancel-button]:hidden"
      />
      {text === "" ? (
        <kbd className="pointer-events-none absolute top-1/2 right-2 hidden -translate-y-1/2 rounded border bg-muted px-1.5 text-[11px] text-muted-foreground sm:block">
          /
        </kbd>
      ) : (
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="Clear search"
          className="absolute top-1/2 right-0.5 -translate-y-1/2 text-muted-foreground"
          onClick={() => setText("")}
        >
          <X />
        </Button>
      )}
    </div>
  );
}

export type FacetOption = { value: string; label: string; icon?: ReactNode; count?: number };

/** Narrows a table to some values of one column. */
export function FacetFilter({
  label,
  facet,
  options,
  state,
}: {
  label: string;
  facet: FacetKey;
  options: readonly FacetOption[];
  state: TableSearchState;
}) {
  const chosen = parseList(state.search[facet]);
  const toggle = (value: string, on: boolean) => {
    const next = on ? [...chosen, value] : chosen.filter((other) => other !== value);
    state.set({ [facet]: next.join(",") || undefined });
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="sm" className={chosen.length > 0 ? "border-primary/60" : undefined}>
          <ListFilter className="text-muted-foreground" />
          {label}
          {chosen.length > 0 ? (
            <span className="rounded bg-primary/14 px-1.5 text-xs font-semibold text-primary">
              {chosen.length}
            </span>
          ) : null}
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="min-w-52">
        {options.map((option) => (
          <DropdownMenuCheckboxItem
            key={option.value}
            checked={chosen.includes(option.value)}
            onCheckedChange={(on) => toggle(option.value, on)}
            onSelect={(event) => event.preventDefault()}
          >
            {option.icon}
            <span className="truncate">{option.label}</span>
            {option.count === undefined ? null : (
              <span className="ml-auto pl-3 text-xs text-muted-foreground tabular-nums">
                {option.count}
              </span>
            )}
          </DropdownMenuCheckboxItem>
        ))}
        {chosen.length > 0 ? (
          <>
            <DropdownMenuSeparator />
            <DropdownMenuItem onSelect={() => state.set({ [facet]: undefined })}>
              Clear filter
            </DropdownMenuItem>
          </>
        ) : null}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

export function ColumnMenu<Row extends TableRow>({ table }: { table: DataTableInstance<Row> }) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="sm" aria-label="Columns" className="max-sm:w-8 max-sm:px-0">
          <Columns3 className="text-muted-foreground" />
          <span className="max-sm:hidden">Columns</span>
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        <DropdownMenuLabel>Show columns</DropdownMenuLabel>
        {table
          .getAllLeafColumns()
          .filter((column) => column.getCanHide())
          .map((column) => (
            <DropdownMenuCheckboxItem
              key={column.id}
              checked={column.getIsVisible()}
              onCheckedChange={(on) => column.toggleVisibility(on)}
              onSelect={(event) => event.preventDefault()}
            >
              {column.columnDef.meta?.label ?? column.id}
            </DropdownMenuCheckboxItem>
          ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

/** How much of the whole is shown, for eyes and for screen readers. */
export function RowCount({ shown, total, noun }: { shown: number; total: number; noun: string }) {
  return (
    <p role="status" className="text-xs whitespace-nowrap text-muted-foreground tabular-nums">
      {shown === total ? counted(total, noun) : `${shown} of ${counted(total, noun)}`}
    </p>
  );
}
