import {
  Box,
  Boxes,
  Gauge,
  GitBranch,
  Link2,
  type LucideIcon,
  Package,
  Rocket,
  ScrollText,
  ServerCog,
  Shapes,
  ShieldCheck,
  UserCheck,
  Workflow,
} from "lucide-react";

export type PagePath =
  | "/"
  | "/pipelines"
  | "/approvals"
  | "/deployments"
  | "/codebases"
  | "/branches"
  | "/git-servers"
  | "/links"
  | "/workloads"
  | "/pods"
  | "/explore"
  | "/access"
  | "/audit";

export type PageEntry = {
  to: PagePath;
  label: string;
  icon: LucideIcon;
  /** Further words that the command palette finds it by. */
  words?: string;
};

/** All pages, in the groups of the navigation; the command palette offers the same. */
export const pageGroups: readonly { title: string; pages: readonly PageEntry[] }[] = [
  {
    title: "Delivery",
    pages: [
      { to: "/", label: "Overview", icon: Gauge, words: "home dashboard charts" },
      { to: "/pipelines", label: "Pipelines", icon: Workflow, words: "runs builds tekton" },
      { to: "/deployments", label: "Deployments", icon: Rocket, words: "cd stages environments" },
      { to: "/approvals", label: "Approvals", icon: UserCheck, words: "approve reject tasks" },
    ],
  },
  {
    title: "Catalogue",
    pages: [
      { to: "/codebases", label: "Codebases", icon: Package, words: "repositories applications" },
      { to: "/branches", label: "Branches", icon: GitBranch, words: "releases versions" },
      { to: "/git-servers", label: "Git servers", icon: ServerCog, words: "github gitlab secrets" },
      { to: "/links", label: "Quick links", icon: Link2, words: "tools bookmarks" },
    ],
  },
  {
    title: "Cluster",
    pages: [
      { to: "/workloads", label: "Workloads", icon: Boxes, words: "deployments scale restart" },
      { to: "/pods", label: "Pods", icon: Box, words: "containers logs terminal" },
      { to: "/explore", label: "All resources", icon: Shapes, words: "custom yaml apply" },
    ],
  },
  {
    title: "Security",
    pages: [
      { to: "/access", label: "My access", icon: ShieldCheck, words: "rights permissions" },
      { to: "/audit", label: "Audit trail", icon: ScrollText, words: "history who" },
    ],
  },
];
