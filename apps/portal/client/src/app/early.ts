import {
  useApprovalTaskWatchList,
  useCDPipelineWatchList,
  useCodebaseBranchWatchList,
  useCodebaseWatchList,
  useDeploymentWatchList,
  useGitServerWatchList,
  useNamespaceWatchList,
  usePipelineRunsRowsView,
  usePipelineRunWatchList,
  usePodWatchList,
  useQuickLinkWatchList,
  useStageWatchList,
} from "@portal/shared/hooks";
import { windowFrom } from "@/components/table/rowWindow";
import { parseList, parseSort, validateTableSearch } from "@/components/table/tableSearch";
import { endOfBar, NEWEST_FIRST, overviewQueries, runFields } from "@/pages/runQueries";
import { STAGE_LABEL } from "@/resources/labels";
import { findTimeRange } from "@/resources/timeRange";
import { fairlead, queryClient, SIGN_IN_PAGE, trpc } from "./client";
import { expectsSignedIn, rememberSignedIn } from "./visitor";

type Address = { names: readonly string[]; search: { [key: string]: string } };

type Preloaded = typeof useCodebaseWatchList.preload;

function list(preload: Preloaded, labelSelector: string | null = null): (address: Address) => void {
  return ({ names }) =>
    preload(fairlead, { namespace: names.length > 0 ? names : null, labelSelector });
}

function overview(address: Address): void {
  const range = findTimeRange(address.search["range"]);
  const asked = overviewQueries(address.names, range, endOfBar(Date.now(), range));
  usePipelineRunsRowsView.preload(fairlead, asked.newest);
  usePipelineRunsRowsView.preload(fairlead, asked.inRange);
  list(useCodebaseWatchList.preload)(address);
  list(useCodebaseBranchWatchList.preload)(address);
}

function deployments(address: Address): void {
  list(useCDPipelineWatchList.preload)(address);
  list(useStageWatchList.preload)(address);
  list(useDeploymentWatchList.preload, STAGE_LABEL)(address);
  list(usePipelineRunWatchList.preload, STAGE_LABEL)(address);
}

function runs({ names, search }: Address): void {
  const asked = validateTableSearch(search);
  const sorting = parseSort(asked.sort ?? NEWEST_FIRST);
  const rows = windowFrom(0, { search: asked, sorting, names, ...runFields });
  usePipelineRunsRowsView.preload(fairlead, rows);
}

// What each page begins with. One that is not here asks as it is drawn.
const pages: { readonly [path: string]: (address: Address) => void } = {
  "/": overview,
  "/pipelines": runs,
  "/approvals": list(useApprovalTaskWatchList.preload),
  "/branches": list(useCodebaseBranchWatchList.preload),
  "/codebases": list(useCodebaseWatchList.preload),
  "/deployments": deployments,
  "/git-servers": list(useGitServerWatchList.preload),
  "/links": list(useQuickLinkWatchList.preload),
  "/pods": list(usePodWatchList.preload),
  "/workloads": list(useDeploymentWatchList.preload),
};

/**
 * Asks who is here and for what the page shows, before anything is there to show it: the answers come while the browser
 * still reads the rest of the program. A guess that proves wrong costs a watch for ten seconds, nothing else. A stranger
 * is asked who he is, and no more: what he asked for besides would be refused, and each refusal stands in the audit.
 * Resolves when it is known who is here.
 */
export async function begin({ pathname, search }: Location): Promise<void> {
  if (pathname === SIGN_IN_PAGE) return;
  const ask = () => {
    const address = Object.fromEntries(new URLSearchParams(search));
    pages[pathname]?.({ names: parseList(address["ns"]), search: address });
    useNamespaceWatchList.preload(fairlead);
  };
  const me = trpc.account.me.queryOptions();
  const known = queryClient.prefetchQuery(me);
  const isExpected = expectsSignedIn();
  if (isExpected) ask();
  await known;
  const isSignedIn = queryClient.getQueryData(me.queryKey) !== undefined;
  rememberSignedIn(isSignedIn);
  if (isSignedIn && !isExpected) ask();
}
