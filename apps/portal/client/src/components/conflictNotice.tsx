import type { Conflict } from "@fairlead/react/writes";
import { TriangleAlert } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { readAt, takeFrom } from "@/lib/paths";
import { Button } from "./ui/button";

type Side = "mine" | "theirs";
const none: readonly string[] = [];

/** Somebody else was faster: both values of what clashes, and what can be done about it. */
export function ConflictNotice<Item>({
  conflict,
  together = none,
  onDone,
}: {
  conflict: Conflict<Item>;
  /** Paths that make sense only together, such as lists in pairs: who clashes in one chooses all. */
  together?: readonly string[] | undefined;
  onDone: () => void;
}) {
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set());
  const { conflicts, mine, theirs, merged } = conflict;
  const bound = conflicts.some((path) => together.includes(path)) ? together : none;
  const clashes = conflicts.filter((path) => !bound.includes(path));
  const groups = [...clashes.map((path) => [path]), ...(bound.length > 0 ? [bound] : [])];
  // What comes of it is told by a message of its own.
  const settle = (run: () => Promise<unknown>) => () => void run().then(onDone, () => undefined);
  const choose = (paths: readonly string[], side: Side) => {
    const next = new Set(taken);
    for (const path of paths) {
      if (side === "theirs") next.add(path);
      else next.delete(path);
    }
    setTaken(next);
  };
  const saveChosen = () =>
    conflict.merge(
      groups
        .flat()
        .reduce((object, path) => takeFrom(object, taken.has(path) ? theirs : mine, path), merged),
    );
  return (
    <div
      role="alert"
      data-testid="conflict"
      className="flex flex-col gap-3 rounded-lg border border-warning-fill/50 bg-warning-fill/10 p-3 text-[13px]"
    >
      <p className="flex gap-2">
        <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
        <span>
          {groups.length > 0
            ? "Somebody else has changed the same since you opened this form. Choose what is to stay:"
            : "Somebody else has changed it since you opened this form, but nothing that you changed."}
        </span>
      </p>
      {groups.map((paths) => (
        <Clash
          key={paths.join()}
          paths={paths}
          side={paths.some((path) => taken.has(path)) ? "theirs" : "mine"}
          mine={mine}
          theirs={theirs}
          onChoose={(side) => choose(paths, side)}
        />
      ))}
      <span className="flex flex-wrap gap-2">
        {groups.length === 0 ? (
          <>
            <Button size="sm" variant="primary" onClick={settle(() => conflict.merge())}>
              Keep both changes
            </Button>
            <Button size="sm" onClick={settle(() => conflict.overwrite())}>
              Save mine over it
            </Button>
          </>
        ) : (
          <Button size="sm" variant="primary" onClick={settle(saveChosen)}>
            Save what is chosen
          </Button>
        )}
        <Button size="sm" variant="ghost" onClick={onDone}>
          Drop mine
        </Button>
      </span>
    </div>
  );
}

/** One field that both changed, or several that belong together, with both values to choose from. */
function Clash({
  paths,
  side,
  mine,
  theirs,
  onChoose,
}: {
  paths: readonly string[];
  side: Side;
  mine: unknown;
  theirs: unknown;
  onChoose: (side: Side) => void;
}) {
  const values: { readonly [Name in Side]: unknown } = { mine, theirs };
  const [first = ""] = paths;
  const label = paths.join(", ");
  return (
    <RadioGroup.Root
      aria-label={label}
      value={side}
      onValueChange={(value) => onChoose(value === "theirs" ? "theirs" : "mine")}
      className="grid grid-cols-2 gap-2"
    >
      <span aria-hidden="true" className="col-span-2 font-mono text-xs text-muted-foreground">
        {label}
      </span>
      {(["mine", "theirs"] as const).map((name) => (
        <RadioGroup.Item
          key={name}
          value={name}
          data-testid={`${name}-${first}`}
          className="flex min-w-0 flex-col justify-start rounded-md border border-input bg-card px-2.5 py-1.5 text-left hover:bg-accent data-[state=checked]:border-primary data-[state=checked]:ring-1 data-[state=checked]:ring-primary"
        >
          <span className="block text-xs text-muted-foreground">
            {name === "mine" ? "Mine" : "Theirs"}
          </span>
          {paths.map((path) => (
            <span key={path} className="line-clamp-3 block break-words">
              {describe(readAt(values[name], path))}
            </span>
          ))}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

function describe(value: unknown): string {
  if (value === undefined || value === null || value === "") return "(nothing)";
  if (Array.isArray(value) && value.every((each) => typeof each === "string"))
    return value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
