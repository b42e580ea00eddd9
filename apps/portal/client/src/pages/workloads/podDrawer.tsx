import { usePodCRUD, usePodPermissions } from "@portal/shared/hooks";
import { lazy, Suspense } from "react";
import { type DetailTab, ResourceDrawer } from "@/components/details";
import { Facts, Labels, Section } from "@/components/drawer";
import { EditAndDelete } from "@/components/editAndDelete";
import { LogView } from "@/components/logView";
import { Status } from "@/components/status";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import type { PodRow } from "@/resources/workload";

// The terminal is only fetched when somebody opens one.
const TerminalView = lazy(async () => ({
  default: (await import("@/components/terminalView")).TerminalView,
}));

type Props = { id: string | undefined; row: PodRow | undefined; onClose: () => void };

/** One pod: how it is doing, what it says, and its end. */
export function PodDrawer({ id, row, onClose }: Props) {
  const { remove } = usePodCRUD();
  return (
    <ResourceDrawer
      id={id}
      kind="Pod"
      wide
      status={row ? <Status phase={row.phase} reason={row.reason} message={row.message} /> : null}
      object={row?.pod}
      actions={
        row ? (
          <EditAndDelete
            object={row.pod}
            usePermissions={usePodPermissions}
            onDelete={(pod) => {
              remove.mutate(pod);
              onClose();
            }}
          />
        ) : null
      }
      tabs={row ? tabsOf(row) : []}
      onClose={onClose}
    />
  );
}

function tabsOf(row: PodRow): DetailTab[] {
  const { name, namespace, containers } = row;
  const target = { key: row.id, name, namespace, containers };
  return [
    { id: "logs", label: "Logs", fill: true, content: <LogView {...target} /> },
    {
      id: "terminal",
      label: "Terminal",
      fill: true,
      content: (
        <Suspense>
          <TerminalView {...target} />
        </Suspense>
      ),
    },
    { id: "overview", label: "Overview", content: <Summary row={row} /> },
  ];
}

function Summary({ row }: { row: PodRow }) {
  const statuses = row.pod.status?.containerStatuses ?? [];
  return (
    <>
      <Section title="Pod">
        <Facts
          facts={{
            Ready: row.ready,
            Restarts: row.restarts,
            Node: row.node,
            Address: row.address,
            Message: row.message,
            Created: <Age time={row.created} suffix=" ago" />,
          }}
        />
      </Section>
      <Section title="Containers">
        <ul className="flex flex-col gap-2 text-[13px]">
          {row.pod.spec.containers.map((container) => (
            <li key={container.name} className="flex items-center gap-2">
              <span className="font-medium">{container.name}</span>
              <code className="min-w-0 truncate font-mono text-xs text-muted-foreground">
                {container.image}
              </code>
              {statuses.some(({ name, ready }) => name === container.name && ready) ? (
                <Badge tone="success" className="ml-auto">
                  ready
                </Badge>
              ) : null}
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Labels">
        <Labels labels={row.pod.metadata.labels} />
      </Section>
    </>
  );
}
