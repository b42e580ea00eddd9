import type { Conflict } from "@fairlead/react/writes";
import { TriangleAlert } from "lucide-react";
import { Button } from "./ui/button";

/** Somebody else was faster: what clashes, and what can be done about it. */
export function ConflictNotice<Item>({
  conflict,
  onDone,
}: {
  conflict: Conflict<Item> | null;
  onDone: () => void;
}) {
  if (!conflict) return null;
  const clashes = conflict.conflicts;
  // What comes of it is told by a message of its own.
  const settle = (run: () => Promise<unknown>) => () => void run().then(onDone, () => undefined);
  return (
    <div
      role="alert"
      data-testid="conflict"
      className="flex flex-col gap-2 rounded-lg border border-warning-fill/50 bg-warning-fill/10 p-3 text-[13px]"
    >
      <p className="flex gap-2">
        <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
        <span>
          Somebody else has changed it since you opened this form
          {clashes.length > 0 ? ` (also ${clashes.join(", ")})` : ""}.
        </span>
      </p>
      <span className="flex gap-2 pl-6">
        {clashes.length === 0 ? (
          <Button size="sm" variant="primary" onClick={settle(() => conflict.merge())}>
            Keep both changes
          </Button>
        ) : null}
        <Button size="sm" onClick={settle(() => conflict.overwrite())}>
          Save mine over it
        </Button>
        <Button size="sm" variant="ghost" onClick={onDone}>
          Drop mine
        </Button>
      </span>
    </div>
  );
}
