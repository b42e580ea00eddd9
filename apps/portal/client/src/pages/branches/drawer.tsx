import type { CodebaseBranch } from "@portal/shared";
import { useCodebaseBranchPermissions } from "@portal/shared/hooks";
import { ResourceDrawer } from "@/components/details";
import { Facts, Labels, Section } from "@/components/drawer";
import { EditAndDelete } from "@/components/editAndDelete";
import { Status } from "@/components/status";
import { Age } from "@/components/times";
import type { BranchRow } from "@/resources/codebase";

/** One branch in full, and its deletion. */
export function BranchDrawer({
  id,
  row,
  onClose,
  onEdit,
  onDelete,
}: {
  id: string | undefined;
  row: BranchRow | undefined;
  onClose: () => void;
  onEdit: (branch: CodebaseBranch) => void;
  onDelete: (branch: CodebaseBranch) => void;
}) {
  return (
    <ResourceDrawer
      id={id}
      kind="CodebaseBranch"
      title={row ? `${row.codebase} / ${row.branchName}` : undefined}
      status={row ? <Status phase={row.phase} reason={row.reason} message={null} /> : null}
      object={row?.branch}
      actions={
        row ? (
          <EditAndDelete
            object={row.branch}
            usePermissions={useCodebaseBranchPermissions}
            onEdit={onEdit}
            onDelete={onDelete}
          />
        ) : null
      }
      tabs={row ? [{ id: "overview", label: "Overview", content: <Overview row={row} /> }] : []}
      onClose={onClose}
    />
  );
}

function Overview({ row }: { row: BranchRow }) {
  return (
    <>
      <Section title="Branch">
        <Facts
          facts={{
            Resource: row.name,
            Codebase: row.codebase,
            Kind: row.kind,
            Version: row.version,
            Build: row.build,
            "Last successful": row.lastSuccessfulBuild,
            "From commit": row.branch.spec.fromCommit,
            ...Object.fromEntries(
              Object.entries(row.branch.spec.pipelines ?? {}).map(([kind, name]) => [
                `Pipeline of ${kind}`,
                name,
              ]),
            ),
            Message: row.message,
            Created: <Age time={row.created} suffix=" ago" />,
          }}
        />
      </Section>
      <Section title="Labels">
        <Labels labels={row.branch.metadata.labels} />
      </Section>
    </>
  );
}
