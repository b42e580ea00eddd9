import { CloudOff, LockKeyhole, type LucideIcon, RotateCw, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./ui/button";
import { Skeleton } from "./ui/skeleton";

export function EmptyState({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex min-h-72 flex-1 flex-col items-center justify-center gap-3 p-8 text-center">
      <span className="rounded-full border bg-muted p-3.5">
        <Icon aria-hidden="true" className="size-6 text-muted-foreground" />
      </span>
      <div className="max-w-md">
        <p className="font-semibold">{title}</p>
        <div className="mt-1 text-[13px] text-balance text-muted-foreground">{children}</div>
      </div>
      {action}
    </div>
  );
}

export function ErrorState({
  noun,
  error,
  retry,
}: {
  noun: string;
  error: { readonly message: string };
  retry: () => void;
}) {
  return (
    <div role="alert" className="flex flex-1">
      <EmptyState
        icon={CloudOff}
        title={`The ${noun} could not be loaded`}
        action={
          <Button onClick={retry}>
            <RotateCw /> Try again
          </Button>
        }
      >
        {error.message}
      </EmptyState>
    </div>
  );
}

export function DeniedState({ noun, reason }: { noun: string; reason: string }) {
  return (
    <div role="alert" className="flex flex-1">
      <EmptyState icon={LockKeyhole} title={`You may not see ${noun} here`}>
        <p>{reason}</p>
        <p className="mt-2">
          Choose a namespace you have access to, or ask its owner for the missing right.
        </p>
      </EmptyState>
    </div>
  );
}

export function NoMatches({ noun, clear }: { noun: string; clear: () => void }) {
  return (
    <EmptyState
      icon={SearchX}
      title={`No ${noun} match`}
      action={<Button onClick={clear}>Clear search and filters</Button>}
    >
      Nothing here fits the search and the filters that are set.
    </EmptyState>
  );
}

const skeletonRows = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

export function TableSkeleton({ noun }: { noun: string }) {
  return (
    <div role="status" aria-label={`Loading ${noun}`} className="flex-1 overflow-hidden">
      <div className="h-9 border-b" />
      {skeletonRows.map((row) => (
        <div key={row} className="flex h-12 items-center gap-6 border-b px-4">
          <Skeleton className="h-4 w-24" />
          <Skeleton className="h-4 flex-1" />
          <Skeleton className="hidden h-4 w-32 sm:block" />
          <Skeleton className="hidden h-4 w-40 lg:block" />
          <Skeleton className="h-4 w-12" />
        </div>
      ))}
    </div>
  );
}
