import { useDeploymentPermissions, usePodWatchList } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Minus, Plus, RotateCw } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { ResourceDrawer } from "@/components/details";
import { Facts, Labels, Section } from "@/components/drawer";
import { PermittedButton } from "@/components/permittedButton";
import { Status } from "@/components/status";
import { Age } from "@/components/times";
import { Button } from "@/components/ui/button";
import { protect } from "@/resources/protection";
import { type DeploymentRow, toPodRow } from "@/resources/workload";
import { Revisions } from "./revisions";

type Props = { id: string | undefined; row: DeploymentRow | undefined; onClose: () => void };

/** One deployment: how it stands, its pods, its revisions, and what can be done with it. */
export function DeploymentDrawer({ id, row, onClose }: Props) {
  return (
    <ResourceDrawer
      id={id}
      kind="Deployment"
      status={row ? <Status phase={row.phase} reason={row.reason} message={row.message} /> : null}
      object={row?.deployment}
      actions={row ? <Restart row={row} /> : null}
      tabs={
        row
          ? [
              { id: "overview", label: "Overview", content: <Summary row={row} /> },
              { id: "pods", label: "Pods", content: <Pods row={row} /> },
              { id: "revisions", label: "Revisions", content: <Revisions row={row} /> },
            ]
          : []
      }
      onClose={onClose}
    />
  );
}

function Restart({ row }: { row: DeploymentRow }) {
  const permissions = useDeploymentPermissions({ namespace: row.namespace });
  const restart = useMutation(
    trpc.deployments.restart.mutationOptions({
      onSuccess: () => toast.success(`${row.name} restarts, a few pods at a time`),
      onError: (error) =>
        toast.error(`${row.name} was not restarted`, { description: error.message }),
    }),
  );
  return (
    <PermittedButton
      permission={protect(permissions.patch, row.deployment, "update")}
      size="sm"
      disabled={restart.isPending}
      onClick={() => restart.mutate({ name: row.name, namespace: row.namespace })}
    >
      <RotateCw /> Restart
    </PermittedButton>
  );
}

function Summary({ row }: { row: DeploymentRow }) {
  const { spec, metadata } = row.deployment;
  return (
    <>
      <Section title="Replicas">
        <Scale key={row.wanted} row={row} />
      </Section>
      <Section title="Deployment">
        <Facts
          facts={{
            State: row.message,
            Created: <Age time={row.created} suffix=" ago" />,
            ...Object.fromEntries(
              spec.template.spec.containers.map(({ name, image }) => [
                `Image of ${name}`,
                <code key={name} className="font-mono text-xs break-all">
                  {image}
                </code>,
              ]),
            ),
          }}
        />
      </Section>
      <Section title="Labels">
        <Labels labels={metadata.labels} />
      </Section>
    </>
  );
}

/** How many replicas there should be: changed here, sent when one is sure. */
function Scale({ row }: { row: DeploymentRow }) {
  const permissions = useDeploymentPermissions({ namespace: row.namespace });
  const [wanted, setWanted] = useState(row.wanted);
  const scale = useMutation(
    trpc.deployments.scale.mutationOptions({
      onSuccess: (_, { replicas }) => toast.success(`${row.name} is scaled to ${replicas}`),
      onError: (error) => toast.error(`${row.name} was not scaled`, { description: error.message }),
    }),
  );
  return (
    <div className="flex flex-wrap items-center gap-3 text-[13px]">
      <span className="tabular-nums">
        {row.ready} of {row.wanted} ready
      </span>
      <div className="ml-auto flex items-center gap-1.5">
        <Button
          size="icon-sm"
          aria-label="One replica less"
          disabled={wanted === 0}
          onClick={() => setWanted(wanted - 1)}
        >
          <Minus />
        </Button>
        <output aria-label="Replicas" className="w-8 text-center font-medium tabular-nums">
          {wanted}
        </output>
        <Button
          size="icon-sm"
          aria-label="One replica more"
          disabled={wanted >= 100}
          onClick={() => setWanted(wanted + 1)}
        >
          <Plus />
        </Button>
        <PermittedButton
          permission={protect(permissions.patch, row.deployment, "update")}
          variant="primary"
          size="sm"
          disabled={wanted === row.wanted || scale.isPending}
          onClick={() =>
            scale.mutate({ name: row.name, namespace: row.namespace, replicas: wanted })
          }
        >
          Scale
        </PermittedButton>
      </div>
    </div>
  );
}

function Pods({ row }: { row: DeploymentRow }) {
  const list = usePodWatchList({
    namespace: row.namespace,
    labelSelector: selectorOf(row),
  });
  if (list.status === "loading") return <Note>Looking for pods…</Note>;
  if (list.error) return <Note>{list.error.message}</Note>;
  if (list.isEmpty) return <Note>No pod runs for it.</Note>;
  return (
    <ul className="divide-y">
      {list.items.map(toPodRow).map((pod) => (
        <li key={pod.id} className="flex items-center gap-3 px-5 py-2.5 text-[13px]">
          <Status phase={pod.phase} reason={pod.reason} message={pod.message} />
          <Link
            to="/pods"
            search={(previous) => ({ ns: previous.ns, open: pod.id })}
            className="min-w-0 truncate font-medium hover:underline"
          >
            {pod.name}
          </Link>
          <span className="ml-auto text-muted-foreground">
            <Age time={pod.created} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The labels by which the deployment knows its pods. */
function selectorOf({ deployment }: DeploymentRow): string {
  const labels = deployment.spec.selector?.matchLabels ?? {};
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function Note({ children }: { children: string }) {
  return <p className="p-5 text-[13px] text-muted-foreground">{children}</p>;
}
