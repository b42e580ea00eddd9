import { useQuery } from "@tanstack/react-query";
import { trpc } from "@/app/client";
import { Skeleton } from "@/components/ui/skeleton";
import { Tooltip } from "@/components/ui/tooltip";

/** Who is signed in. */
export function UserBadge({ compact = false }: { compact?: boolean }) {
  const { data: me, isError } = useQuery(trpc.account.me.queryOptions());
  if (isError) return null;
  if (!me) return <Skeleton className={compact ? "size-8 rounded-full" : "h-8 flex-1"} />;
  const hint = me.groups.length > 0 ? `Groups: ${me.groups.join(", ")}` : "In no group";
  return (
    <Tooltip content={compact ? `${me.displayName}. ${hint}` : hint} side="right">
      <div className="flex min-w-0 items-center gap-2.5">
        <span
          aria-hidden="true"
          className="flex size-8 shrink-0 items-center justify-center rounded-full bg-primary/15 text-xs font-semibold text-primary"
        >
          {initials(me.displayName)}
        </span>
        <span className={compact ? "sr-only" : "min-w-0 leading-tight"}>
          <span className="block truncate text-[13px] font-medium">{me.displayName}</span>
          <span className="block truncate text-xs text-muted-foreground">{me.name}</span>
        </span>
      </div>
    </Tooltip>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s.]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}
