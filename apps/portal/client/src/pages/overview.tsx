import { useCodebaseBranchWatchList, useCodebaseWatchList } from "@portal/shared/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { PageHeader } from "@/components/page";
import { DeniedState, ErrorState } from "@/components/pageStates";
import { RangeSwitch } from "@/components/rangeSwitch";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useRows } from "@/lib/useRows";
import { useIsBehind } from "@/lib/watchHealth";
import { toBranchRow, toCodebaseRow } from "@/resources/codebase";
import { findTimeRange } from "@/resources/timeRange";
import { OverviewGrid } from "./overviewGrid";
import { useRunStatistics } from "./useRunStatistics";

export function OverviewPage() {
  const scope = useNamespaceScope();
  const navigate = useNavigate();
  const range = findTimeRange(useSearch({ from: "/" }).range);
  const {
    runs,
    lists: [newest, inRange],
  } = useRunStatistics(scope.names, range);
  const codebaseList = useCodebaseWatchList({ namespace: scope.watched });
  const branchList = useCodebaseBranchWatchList({ namespace: scope.watched });
  const codebases = useRows(codebaseList.items, toCodebaseRow);
  const branches = useRows(branchList.items, toBranchRow);
  useIsBehind(newest);
  useIsBehind(inRange);
  useIsBehind(codebaseList);
  useIsBehind(branchList);
  return (
    <div className="scroll-thin flex min-h-0 flex-1 flex-col overflow-y-auto">
      <PageHeader
        title="Overview"
        description={
          scope.names.length > 0
            ? `What happens in ${scope.names.join(", ")}.`
            : "What happens across all namespaces."
        }
      >
        <RangeSwitch
          value={range.id}
          onChange={(id) => {
            const search = (previous: object) => ({ ...previous, range: id });
            void navigate({ to: "/", search, replace: true });
          }}
        />
      </PageHeader>
      <Guard lists={[newest, inRange, codebaseList, branchList]}>
        <OverviewGrid range={range} runs={runs} codebases={codebases} branches={branches} />
      </Guard>
    </div>
  );
}

type GuardedList = {
  status: "loading" | "ready" | "error" | "denied";
  /** Whether there is nothing yet: a list has objects, a view rows. */
  items?: readonly unknown[];
  rows?: readonly unknown[];
  error: { readonly message: string } | null;
  refetch: () => void;
};

/** Numbers from a part of the data would mislead: all lists are needed, or none is shown. */
function Guard({ lists, children }: { lists: readonly GuardedList[]; children: ReactNode }) {
  const denied = lists.find((list) => list.status === "denied");
  if (denied) {
    const reason = denied.error?.message ?? "Your role does not allow it.";
    return <DeniedState noun="this overview" reason={reason} />;
  }
  const failed = lists.find(
    (list) => list.status === "error" && !(list.items ?? list.rows)?.length,
  );
  if (failed) {
    const error = failed.error ?? { message: "The server gave no reason." };
    return <ErrorState noun="overview" error={error} retry={failed.refetch} />;
  }
  return lists.some((list) => list.status === "loading") ? <OverviewSkeleton /> : children;
}

const tiles = ["a", "b", "c", "d", "e"];

function OverviewSkeleton() {
  return (
    <div
      role="status"
      aria-label="Loading overview"
      className="grid gap-4 px-4 sm:px-6 lg:grid-cols-12"
    >
      <div className="grid grid-cols-2 gap-4 lg:col-span-12 lg:grid-cols-5">
        {tiles.map((tile) => (
          <Card key={tile} className="gap-3 p-5">
            <Skeleton className="h-3 w-20" />
            <Skeleton className="h-7 w-14" />
            <Skeleton className="h-3 w-24" />
          </Card>
        ))}
      </div>
      <Card className="h-80 p-5 lg:col-span-8">
        <Skeleton className="h-full" />
      </Card>
      <Card className="h-80 p-5 lg:col-span-4">
        <Skeleton className="h-full" />
      </Card>
    </div>
  );
}
