import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { Bug, Compass, RotateCw } from "lucide-react";
import { EmptyState } from "@/components/pageStates";
import { Button } from "@/components/ui/button";

export function NotFoundPage() {
  return (
    <EmptyState
      icon={Compass}
      title="There is no such page"
      action={
        <Button asChild>
          <Link to="/">Go to the overview</Link>
        </Button>
      }
    >
      The address does not lead anywhere. It may have been mistyped, or the page was moved.
    </EmptyState>
  );
}

export function RouteErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <div role="alert" className="flex flex-1">
      <EmptyState
        icon={Bug}
        title="This page stopped working"
        action={
          <Button onClick={reset}>
            <RotateCw /> Try again
          </Button>
        }
      >
        {error instanceof Error ? error.message : String(error)}
      </EmptyState>
    </div>
  );
}
