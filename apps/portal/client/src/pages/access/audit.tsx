import { toLiveError } from "@fairlead/react";
import type { AuditEntry } from "@portal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { RefreshCw, ScrollText } from "lucide-react";
import { client, trpc } from "@/app/client";
import { PageHeader, TableFrame } from "@/components/page";
import { DeniedState, EmptyState, ErrorState, TableSkeleton } from "@/components/pageStates";
import { useNamespace } from "@/components/shell/useNamespace";
import { SearchField } from "@/components/table/toolbar";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { cn } from "@/lib/cn";
import { parseTime } from "@/lib/time";

const decisions = [
  { value: "all", label: "All decisions" },
  { value: "allowed", label: "Allowed" },
  { value: "denied", label: "Denied" },
];

/** Who did what, and who was refused it: newest first. */
export function AuditPage() {
  const [namespace] = useNamespace();
  const { decision, user } = useSearch({ from: "/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const set = (patch: { decision?: "allowed" | "denied" | undefined; user?: string | undefined }) =>
    void navigate({ search: (previous) => ({ ...previous, ...patch }), replace: true });
  const input = { namespace, user: user ?? null, decision: decision ?? null, limit: 50 };
  const pages = useInfiniteQuery({
    queryKey: [...trpc.audit.list.queryKey(input), "pages"],
    queryFn: ({ pageParam }) => client.audit.list.query({ ...input, before: pageParam }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    retry: false,
    staleTime: 0,
  });
  const entries = pages.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <PageHeader
        title="Audit trail"
        description="Every change that was made through the portal, and everything that was refused."
      >
        <Button onClick={() => void pages.refetch()} disabled={pages.isFetching}>
          <RefreshCw /> Refresh
        </Button>
      </PageHeader>
      <TableFrame
        toolbar={
          <>
            <SearchField
              label="Filter by user"
              value={user ?? ""}
              onChange={(value) => set({ user: value || undefined })}
            />
            <Select
              aria-label="Decision"
              className="h-8 w-40 text-[13px]"
              value={decision ?? "all"}
              onValueChange={(value) =>
                set({ decision: value === "allowed" || value === "denied" ? value : undefined })
              }
              options={decisions}
            />
          </>
        }
      >
        {pages.isPending ? <TableSkeleton noun="decisions" /> : null}
        {pages.isError ? (
          toLiveError(pages.error).kind === "forbidden" ? (
            <DeniedState noun="the audit trail" reason={pages.error.message} />
          ) : (
            <ErrorState noun="audit trail" error={pages.error} retry={() => void pages.refetch()} />
          )
        ) : null}
        {pages.isSuccess && entries.length === 0 ? (
          <EmptyState icon={ScrollText} title="Nothing is recorded">
            {user || decision || namespace
              ? "No decision fits the filters that are set."
              : "Changes that are made here, and what is refused, will stand here."}
          </EmptyState>
        ) : null}
        {entries.length > 0 ? (
          <div className="scroll-thin min-h-0 flex-1 overflow-auto">
            <table className="w-full table-fixed text-[13px]" aria-label="Decisions">
              <thead className="sticky top-0 bg-card text-left text-muted-foreground">
                <tr>
                  {columns.map(({ label, className }) => (
                    <th
                      key={label}
                      scope="col"
                      className={cn("border-b px-3 py-2 font-medium sm:px-4", className)}
                    >
                      {label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {entries.map((entry) => (
                  <Entry key={entry.id} entry={entry} />
                ))}
              </tbody>
            </table>
            {pages.hasNextPage ? (
              <div className="flex justify-center p-3">
                <Button
                  size="sm"
                  disabled={pages.isFetchingNextPage}
                  onClick={() => void pages.fetchNextPage()}
                >
                  Show older ones
                </Button>
              </div>
            ) : null}
          </div>
        ) : null}
      </TableFrame>
    </>
  );
}

// A narrow screen has the rest below what it belongs to.
const wide = "max-xl:hidden";
const narrow = "mt-0.5 block text-muted-foreground xl:hidden";
const cell = "border-b px-3 py-2.5 wrap-anywhere sm:px-4";
const columns = [
  { label: "When", className: cn(wide, "w-28") },
  { label: "Who", className: "w-24 xl:w-36" },
  { label: "Decision", className: "w-22 xl:w-28" },
  { label: "What" },
  { label: "On", className: wide },
  { label: "Why", className: wide },
];

function Entry({ entry }: { entry: AuditEntry }) {
  const place = [entry.namespace, entry.name].filter(Boolean).join("/");
  const when = <Age time={parseTime(entry.time)} suffix=" ago" />;
  return (
    <tr className="align-top">
      <td className={cn(cell, wide, "whitespace-nowrap text-muted-foreground")}>{when}</td>
      <td className={cn(cell, "font-medium")}>
        {entry.user ?? <span className="font-normal text-muted-foreground">not signed in</span>}
        <span className={cn(narrow, "font-normal whitespace-nowrap")}>{when}</span>
      </td>
      <td className={cell}>
        <Badge tone={entry.decision === "allowed" ? "success" : "danger"}>{entry.decision}</Badge>
      </td>
      <td className={cell} title={`Request ${entry.requestId}`}>
        <span className="font-mono text-xs">{entry.path}</span>
        <span className={narrow}>{place}</span>
        <span className={narrow}>{entry.reason}</span>
      </td>
      <td className={cn(cell, wide)}>
        {entry.resource ? <span className="block">{entry.resource}</span> : null}
        <span className="block text-muted-foreground">{place}</span>
      </td>
      <td className={cn(cell, wide, "text-muted-foreground")}>{entry.reason}</td>
    </tr>
  );
}
