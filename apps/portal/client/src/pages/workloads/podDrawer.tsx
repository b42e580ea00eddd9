import { usePodCRUD, usePodPermissions } from "@portal/shared/hooks";
import { Trash2 } from "lucide-react";
import { lazy, Suspense } from "react";
import { Drawer, Facts, Labels, Section, Source } from "@/components/drawer";
import { LogView } from "@/components/logView";
import { PermittedButton } from "@/components/permittedButton";
import { Status } from "@/components/status";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { protect } from "@/resources/protection";
import type { PodRow } from "@/resources/workload";

// The terminal is only fetched when somebody opens one.
const TerminalView = lazy(async () => ({
  default: (await import("@/components/terminalView")).TerminalView,
}));

type Props = { id: string | undefined; row: PodRow | undefined; onClose: () => void };

/** One pod: how it is doing, what it says, and its end. */
export function PodDrawer({ id, row, onClose }: Props) {
  return (
    <Drawer
      open={id !== undefined}
      onClose={onClose}
      wide
      title={row?.name ?? id ?? ""}
      subtitle={
        row ? (
          <>
            <Status phase={row.phase} reason={row.reason} message={row.message} />
            <span>in {row.namespace}</span>
          </>
        ) : (
          "Pod"
        )
      }
      actions={row ? <Delete row={row} onDone={onClose} /> : null}
    >
      {row ? (
        <Tabs defaultValue="logs" className="flex min-h-0 flex-1 flex-col">
          <TabsList className="px-5">
            <TabsTrigger value="logs">Logs</TabsTrigger>
            <TabsTrigger value="terminal">Terminal</TabsTrigger>
            <TabsTrigger value="summary">Summary</TabsTrigger>
            <TabsTrigger value="source">Source</TabsTrigger>
          </TabsList>
          <TabsContent value="logs" className="flex min-h-0 flex-1 flex-col">
            <LogView
              key={row.id}
              name={row.name}
              namespace={row.namespace}
              containers={row.containers}
            />
          </TabsContent>
          <TabsContent value="terminal" className="flex min-h-0 flex-1 flex-col">
            <Suspense>
              <TerminalView
                key={row.id}
                name={row.name}
                namespace={row.namespace}
                containers={row.containers}
              />
            </Suspense>
          </TabsContent>
          <TabsContent value="summary" className="scroll-thin flex-1 divide-y overflow-y-auto">
            <Summary row={row} />
          </TabsContent>
          <TabsContent value="source" className="scroll-thin flex-1 overflow-y-auto p-5">
            <Source value={row.pod} />
          </TabsContent>
        </Tabs>
      ) : undefined}
    </Drawer>
  );
}

function Delete({ row, onDone }: { row: PodRow; onDone: () => void }) {
  const permissions = usePodPermissions({ namespace: row.namespace });
  const { remove } = usePodCRUD();
  return (
    <PermittedButton
      permission={protect(permissions.delete, row.pod, "delete")}
      size="sm"
      onClick={() => {
        remove.mutate(row.pod);
        onDone();
      }}
    >
      <Trash2 /> Delete
    </PermittedButton>
  );
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
