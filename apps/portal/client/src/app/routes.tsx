import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from "@tanstack/react-router";
import { Root } from "@/components/shell/root";
import { readText, validateTableSearch } from "@/components/table/tableSearch";
import { validateAuditSearch } from "@/pages/access/auditSearch";
import { validateExplorerSearch } from "@/pages/explorer/explorerSearch";
import { NotFoundPage, RouteErrorPage } from "@/pages/notFound";
import { findTimeRange, type TimeRangeId } from "@/resources/timeRange";
import { SIGN_IN_PAGE } from "./client";

type RunSearch = {
  tab?: string | undefined;
  /** The task whose log is shown. */
  task?: string | undefined;
};

type ShellSearch = {
  /** The namespace all pages show; absent means all namespaces. */
  ns?: string | undefined;
  /** The cluster all pages show; absent means the server's first one. */
  cluster?: string | undefined;
};

type SignInSearch = {
  /** Where to go afterwards: a path of this site. */
  return_to?: string | undefined;
  /** Why the last attempt failed. */
  problem?: string | undefined;
};

const rootRoute = createRootRoute({
  component: Root,
  notFoundComponent: NotFoundPage,
  validateSearch: (search: { [key: string]: unknown }): ShellSearch => ({
    ns: readText(search["ns"]),
    cluster: readText(search["cluster"]),
  }),
  search: { middlewares: [retainSearchParams(["ns", "cluster"])] },
});

const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: (search: { [key: string]: unknown }): { range?: TimeRangeId | undefined } => {
    const { id } = findTimeRange(search["range"]);
    return { range: id === search["range"] ? id : undefined };
  },
  component: lazyRouteComponent(() => import("@/pages/overview"), "OverviewPage"),
});

const pipelinesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/pipelines",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/pipelines"), "PipelinesPage"),
});

const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/pipelines/$namespace/$name",
  validateSearch: (search: { [key: string]: unknown }): RunSearch => ({
    tab: readText(search["tab"]),
    task: readText(search["task"]),
  }),
  component: lazyRouteComponent(() => import("@/pages/run/page"), "RunPage"),
});

const approvalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/approvals",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/approvals"), "ApprovalsPage"),
});

const deploymentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/deployments",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/delivery/page"), "DeliveryPage"),
});

const gitServersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/git-servers",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/gitServers/page"), "GitServersPage"),
});

const linksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/links",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/links"), "LinksPage"),
});

const codebasesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/codebases",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/codebases"), "CodebasesPage"),
});

const branchesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/branches",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/branches/page"), "BranchesPage"),
});

const workloadsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workloads",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/workloads/deployments"), "DeploymentsPage"),
});

const podsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/pods",
  validateSearch: validateTableSearch,
  component: lazyRouteComponent(() => import("@/pages/workloads/pods"), "PodsPage"),
});

const exploreRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/explore",
  validateSearch: validateExplorerSearch,
  component: lazyRouteComponent(() => import("@/pages/explorer/explorer"), "ExplorerPage"),
});

const accessRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/access",
  component: lazyRouteComponent(() => import("@/pages/access/access"), "AccessPage"),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/audit",
  validateSearch: validateAuditSearch,
  component: lazyRouteComponent(() => import("@/pages/access/audit"), "AuditPage"),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SIGN_IN_PAGE,
  validateSearch: (search: { [key: string]: unknown }): SignInSearch => ({
    return_to: readText(search["return_to"]),
    problem: readText(search["problem"]),
  }),
  component: lazyRouteComponent(() => import("@/pages/signIn/page"), "SignInPage"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    overviewRoute,
    pipelinesRoute,
    runRoute,
    approvalsRoute,
    deploymentsRoute,
    gitServersRoute,
    linksRoute,
    codebasesRoute,
    branchesRoute,
    workloadsRoute,
    podsRoute,
    exploreRoute,
    accessRoute,
    auditRoute,
    signInRoute,
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: RouteErrorPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
