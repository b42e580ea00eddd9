import type { Codebase } from "@portal/shared";
import { useCodebaseBranchWatchList, useCodebasePermissions } from "@portal/shared/hooks";
import { ExternalLink } from "lucide-react";
import { ResourceDrawer } from "@/components/details";
import { Facts, Labels, Section } from "@/components/drawer";
import { EditAndDelete } from "@/components/editAndDelete";
import { Status } from "@/components/status";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { type CodebaseRow, toBranchRow } from "@/resources/codebase";

export function CodebaseDrawer({
  id,
  row,
  onClose,
  onEdit,
  onDelete,
}: {
  id: string | undefined;
  row: CodebaseRow | undefined;
  onClose: () => void;
  onEdit: (codebase: Codebase) => void;
  onDelete: (codebase: Codebase) => void;
}) {
  return (
    <ResourceDrawer
      id={id}
      kind="Codebase"
      status={row ? <Status phase={row.phase} reason={row.reason} message={null} /> : null}
      object={row?.codebase}
      actions={
        row ? (
          <EditAndDelete
            object={row.codebase}
            usePermissions={useCodebasePermissions}
            onEdit={onEdit}
            onDelete={onDelete}
          />
        ) : null
      }
      tabs={
        row
          ? [
              { id: "overview", label: "Overview", content: <Summary row={row} /> },
              { id: "branches", label: "Branches", content: <Branches row={row} /> },
            ]
          : []
      }
      onClose={onClose}
    />
  );
}

function Summary({ row }: { row: CodebaseRow }) {
  const { spec, status, metadata } = row.codebase;
  return (
    <>
      {row.message ? (
        <p className="border-b bg-danger-fill/8 px-5 py-3 text-[13px] text-danger">{row.message}</p>
      ) : null}
      <Section title="Codebase">
        <Facts
          facts={{
            Description: spec.description,
            Type: <Badge>{spec.type}</Badge>,
            Language: row.language,
            "Build tool": spec.buildTool,
            Created: <Age time={row.created} suffix=" ago" />,
          }}
        />
      </Section>
      <Section title="Repository">
        <Facts
          facts={{
            "Git server": spec.gitServer,
            Path: spec.gitUrlPath,
            Link: status?.gitWebUrl ? <RepositoryLink url={status.gitWebUrl} /> : null,
            "Default branch": spec.defaultBranch,
            Strategy: spec.strategy,
            Visibility: spec.private ? "private" : "public",
          }}
        />
      </Section>
      <Section title="Delivery">
        <Facts
          facts={{
            "CI tool": spec.ciTool,
            Deployment: spec.deploymentScript,
            Versioning: spec.versioning.type,
            "Start from": spec.versioning.startFrom,
          }}
        />
      </Section>
      <Section title="Labels">
        <Labels labels={metadata.labels} />
      </Section>
    </>
  );
}

function RepositoryLink({ url }: { url: string }) {
  // The address comes out of the cluster: only a web address may become a link.
  if (!/^https?:\/\//i.test(url)) return url;
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1 text-primary underline-offset-4 hover:underline"
    >
      {url} <ExternalLink aria-hidden="true" className="size-3.5 shrink-0" />
    </a>
  );
}

function Branches({ row }: { row: CodebaseRow }) {
  const { items, isLoading } = useCodebaseBranchWatchList({ namespace: row.namespace });
  const branches = items.map(toBranchRow).filter((branch) => branch.codebase === row.name);
  if (branches.length === 0) {
    return (
      <p className="p-5 text-[13px] text-muted-foreground">
        {isLoading ? "Loading branches…" : "This codebase has no branches."}
      </p>
    );
  }
  return (
    <ul className="divide-y">
      {branches.map((branch) => (
        <li key={branch.id} className="flex items-center gap-3 px-5 py-3 text-[13px]">
          <span className="min-w-0 flex-1 truncate font-medium">{branch.branchName}</span>
          {branch.version ? <Badge>{branch.version}</Badge> : null}
          <Status phase={branch.phase} reason={branch.reason} message={branch.message} />
        </li>
      ))}
    </ul>
  );
}
