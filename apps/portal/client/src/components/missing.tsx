import { CloudOff, LockKeyhole, RotateCw } from "lucide-react";
import { cn } from "@/lib/cn";
import { Button } from "./ui/button";

/** A live list or view, as far as it tells whether it has anything. */
export type SourceList = {
  status: "loading" | "ready" | "error" | "denied";
  /** A list has objects, a view rows. */
  items?: readonly unknown[];
  rows?: readonly unknown[];
  error: { readonly message: string } | null;
  refetch: () => void;
};

/** What a panel cannot show, and why. */
export type Missing = {
  noun: string;
  denied: boolean;
  reason: string;
  refetch: () => void;
};

/** Null where there is something to show, or soon will be; what was shown stays, even if its watch broke. */
export function missingOf(noun: string, list: SourceList): Missing | null {
  const denied = list.status === "denied";
  const isEmpty = !(list.items ?? list.rows)?.length;
  if (!denied && !(list.status === "error" && isEmpty)) return null;
  const fallback = denied ? "Your role does not allow it." : "The server gave no reason.";
  return { noun, denied, reason: list.error?.message ?? fallback, refetch: list.refetch };
}

/** Stands where a part of a page would be, and says why it is not there. */
export function MissingNote({ missing, className }: { missing: Missing; className?: string }) {
  const { noun, denied, reason, refetch } = missing;
  const Icon = denied ? LockKeyhole : CloudOff;
  return (
    <div
      role="alert"
      className={cn(
        "flex flex-1 flex-wrap items-center justify-center gap-x-4 gap-y-3 px-5 py-6 text-[13px]",
        className,
      )}
    >
      <Icon aria-hidden="true" className="size-5 shrink-0 text-muted-foreground" />
      <div className="max-w-md min-w-0">
        <p className="font-medium">
          {denied ? `You may not see ${noun} here` : `There are no ${noun} to show`}
        </p>
        <p className="break-words text-muted-foreground">{reason}</p>
      </div>
      {denied ? null : (
        <Button size="sm" onClick={refetch}>
          <RotateCw /> Try again
        </Button>
      )}
    </div>
  );
}
