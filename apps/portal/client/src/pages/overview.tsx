import { useCodebaseBranchWatchList, useCodebaseWatchList } from "@portal/shared/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { missingOf } from "@/components/missing";
import { PageHeader } from "@/components/page";
import { DeniedState } from "@/components/pageStates";
import { RangeSwitch } from "@/components/rangeSwitch";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useRows } from "@/lib/useRows";
import { useIsBehind } from "@/lib/watchHealth";
import { toBranchRow, toCodebaseRow } from "@/resources/codebase";
import { findTimeRange } from "@/resources/timeRange";
import { OverviewGrid, type OverviewMissing } from "./overviewGrid";
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
  const lists = [newest, inRange, codebaseList, branchList];
  const isLoading = lists.some(({ status }) => status === "loading");
  // Each panel says what it lacks; only who may see nothing at all is told so once.
  const missing: OverviewMissing = {
    runs: missingOf("pipeline runs", newest) ?? missingOf("pipeline runs", inRange),
    codebases: missingOf("codebases", codebaseList),
    branches: missingOf("branches", branchList),
  };
  const denied = Object.values(missing).every((each) => each?.denied) ? missing.runs : null;
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
      {isLoading ? (
        <OverviewSkeleton />
      ) : denied ? (
        <DeniedState noun="this overview" reason={denied.reason} />
      ) : (
        <OverviewGrid
          range={range}
          runs={runs}
          codebases={codebases}
          branches={branches}
          missing={missing}
        />
      )}
    </div>
  );
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
