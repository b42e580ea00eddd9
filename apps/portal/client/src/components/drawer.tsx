import { SearchX } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { keepEscape } from "@/lib/keepEscape";
import { EmptyState } from "./pageStates";
import { CloseButton } from "./ui/dialog";
import { Sheet, SheetContent, SheetDescription, SheetTitle } from "./ui/sheet";

interface DrawerContent {
  title: string;
  subtitle: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

/** What was shown last is shown while the drawer slides away: the page has forgotten it already. */
function useKeptWhileClosing(open: boolean, given: DrawerContent): DrawerContent {
  const kept = useRef(given);
  useEffect(() => {
    if (open) kept.current = given;
  });
  return open ? given : kept.current;
}

/** The panel with one object's details; `children` is absent when the object is. */
export function Drawer({
  open,
  onClose,
  wide = false,
  ...given
}: DrawerContent & {
  open: boolean;
  onClose: () => void;
  /** More room, for logs and editors. */
  wide?: boolean;
}) {
  const { title, subtitle, actions, children } = useKeptWhileClosing(open, given);
  return (
    <Sheet open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <SheetContent
        data-testid="drawer"
        className={wide ? "max-w-4xl" : undefined}
        onEscapeKeyDown={keepEscape}
      >
        <header className="flex items-start justify-between gap-3 border-b px-5 py-4">
          <div className="min-w-0">
            <SheetTitle className="text-base font-semibold break-all">{title}</SheetTitle>
            <SheetDescription asChild>
              <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-[13px] text-muted-foreground">
                {subtitle}
              </div>
            </SheetDescription>
          </div>
          <div className="flex shrink-0 items-center gap-1">
            {actions}
            <CloseButton />
          </div>
        </header>
        {children ?? (
          <EmptyState icon={SearchX} title="It is no longer here">
            It was deleted, or it lives in another namespace than the one shown.
          </EmptyState>
        )}
      </SheetContent>
    </Sheet>
  );
}

/** A part of a drawer, whose title is a second heading; `heading` says where it stands elsewhere. */
export function Section({
  title,
  heading: Heading = "h3",
  children,
}: {
  title: string;
  heading?: "h2" | "h3";
  children: ReactNode;
}) {
  return (
    <section className="px-5 py-4">
      <Heading className="mb-2 text-xs font-semibold text-muted-foreground">{title}</Heading>
      {children}
    </section>
  );
}

/** Names and values in two columns. Absent values are left out. */
export function Facts({ facts }: { facts: { readonly [name: string]: ReactNode } }) {
  return (
    <dl className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-x-4 gap-y-2 text-[13px]">
      {Object.entries(facts)
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Labels({ labels }: { labels: { [key: string]: string } | null | undefined }) {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {entries.map(([key, value]) => (
        <li
          key={key}
          className="max-w-full truncate rounded-md border bg-muted px-1.5 py-px font-mono text-xs"
          title={`${key}=${value}`}
        >
          <span className="text-muted-foreground">{key}=</span>
          {value}
        </li>
      ))}
    </ul>
  );
}
