import type { Conflict } from "@fairlead/react/writes";
import { TriangleAlert } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { readAt, takeFrom } from "@/lib/paths";
import { Button } from "./ui/button";

type Side = "mine" | "theirs";

/** Somebody else was faster: both values of what clashes, and what can be done about it. */
export function ConflictNotice<Item>({
  conflict,
  onDone,
}: {
  conflict: Conflict<Item>;
  onDone: () => void;
}) {
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set());
  const { conflicts: clashes, mine, theirs, merged } = conflict;
  const chosen = clashes.filter((path) => taken.has(path));
  // What comes of it is told by a message of its own.
  const settle = (run: () => Promise<unknown>) => () => void run().then(onDone, () => undefined);
  const choose = (path: string, side: Side) => {
    const next = new Set(taken);
    if (side === "theirs") next.add(path);
    else next.delete(path);
    setTaken(next);
  };
  const saveChosen = () =>
    conflict.merge(chosen.reduce((object, path) => takeFrom(object, theirs, path), merged));
  return (
    <div
      role="alert"
      data-testid="conflict"
      className="flex flex-col gap-3 rounded-lg border border-warning-fill/50 bg-warning-fill/10 p-3 text-[13px]"
    >
      <p className="flex gap-2">
        <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
        <span>
          {clashes.length > 0
            ? "Somebody else has changed the same since you opened this form. Choose what is to stay:"
            : "Somebody else has changed it since you opened this form, but nothing that you changed."}
        </span>
      </p>
      {clashes.map((path) => (
        <Clash
          key={path}
          path={path}
          side={taken.has(path) ? "theirs" : "mine"}
          values={{ mine: readAt(mine, path), theirs: readAt(theirs, path) }}
          onChoose={(side) => choose(path, side)}
        />
      ))}
      <span className="flex flex-wrap gap-2">
        {clashes.length === 0 ? (
          <Button size="sm" variant="primary" onClick={settle(() => conflict.merge())}>
            Keep both changes
          </Button>
        ) : null}
        {chosen.length > 0 ? (
          <Button size="sm" variant="primary" onClick={settle(saveChosen)}>
            Save what is chosen
          </Button>
        ) : (
          <Button size="sm" onClick={settle(() => conflict.overwrite())}>
            Save mine over it
          </Button>
        )}
        <Button size="sm" variant="ghost" onClick={onDone}>
          Drop mine
        </Button>
      </span>
    </div>
  );
}

/** One field that both changed, with both values to choose from. */
function Clash({
  path,
  side,
  values,
  onChoose,
}: {
  path: string;
  side: Side;
  values: { readonly [Name in Side]: unknown };
  onChoose: (side: Side) => void;
}) {
  return (
    <RadioGroup.Root
      aria-label={path}
      value={side}
      onValueChange={(value) => onChoose(value === "theirs" ? "theirs" : "mine")}
      className="grid grid-cols-2 gap-2"
    >
      <span aria-hidden="true" className="col-span-2 font-mono text-xs text-muted-foreground">
        {path}
      </span>
      {(["mine", "theirs"] as const).map((name) => (
        <RadioGroup.Item
          key={name}
          value={name}
          data-testid={`${name}-${path}`}
          className="flex min-w-0 flex-col justify-start rounded-md border border-input bg-card px-2.5 py-1.5 text-left hover:bg-accent data-[state=checked]:border-primary data-[state=checked]:ring-1 data-[state=checked]:ring-primary"
        >
          <span className="block text-xs text-muted-foreground">
            {name === "mine" ? "Mine" : "Theirs"}
          </span>
          <span className="line-clamp-3 block break-words">{describe(values[name])}</span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

function describe(value: unknown): string {
  if (value === undefined || value === null || value === "") return "(nothing)";
  return typeof value === "string" ? value : JSON.stringify(value);
}
