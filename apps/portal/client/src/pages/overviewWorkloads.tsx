import { useDeploymentWatchList } from "@portal/shared/hooks";
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { ShareRing } from "@/components/charts/shareRing";
import { MissingNote, missingOf } from "@/components/missing";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { useRows } from "@/lib/useRows";
import { useIsBehind } from "@/lib/watchHealth";
import { type ShareNames, sharesOf } from "@/resources/statistics";
import { toDeploymentRow } from "@/resources/workload";

const shown: ShareNames = [
  { phase: "succeeded", label: "Available" },
  { phase: "running", label: "Rolling out" },
  { phase: "pending", label: "Scaled to zero" },
  { phase: "failed" },
  { phase: "stopping" },
  { phase: "unknown" },
];

/** What runs at all: any cluster has that, also one without pipelines. */
export function WorkloadsCard() {
  const { watched: namespace } = useNamespaceScope();
  const list = useDeploymentWatchList({ namespace });
  const rows = useRows(list.items, toDeploymentRow);
  useIsBehind(list);
  const missing = missingOf("workloads", list);
  return (
    <Card className="lg:col-span-8">
      <CardHeader title="Workloads" hint="Applications that run">
        <Button asChild variant="ghost" size="sm" className="-mr-2 text-muted-foreground">
          <Link to="/workloads">
            All workloads <ArrowRight />
          </Link>
        </Button>
      </CardHeader>
      {missing ? (
        <MissingNote missing={missing} />
      ) : (
        <ShareRing
          value={String(rows.length)}
          caption={rows.length === 1 ? "deployment" : "deployments"}
          shares={sharesOf(rows, shown)}
        />
      )}
    </Card>
  );
}
