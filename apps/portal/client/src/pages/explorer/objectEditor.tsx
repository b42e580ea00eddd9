import { toLiveError } from "@fairlead/react";
import { mergeThreeWay } from "@fairlead/react/writes";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileDiff, RotateCw, Save } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { type LineProblem, YamlEditor } from "@/components/yaml/editor";
import { lineOf, parseYaml, toYaml, withoutBookkeeping } from "@/components/yaml/places";
import { protect } from "@/resources/protection";
import type { KindName } from "./explorerSearch";
import { useKindPermission } from "./useKindPermission";

export type Json = { [key: string]: unknown };

const DELETED = "It was deleted: nothing can be saved.";

/** What is written, and the object that it began with. */
function useText(object: Json) {
  const [base, setBase] = useState(object);
  const [given, setGiven] = useState(() => toYaml(object));
  const [text, setText] = useState(given);
  const original = toYaml(base);
  const begin = (from: Json, with_ = toYaml(from)) => {
    setBase(from);
    setGiven(with_);
    setText(with_);
  };
  const isChanged = text !== original;
  const isBehind = versionOf(object) !== versionOf(base);
  // Whoever only reads sees what others change; whoever writes is asked first.
  useEffect(() => {
    if (!isBehind || isChanged) return;
    const now = toYaml(object);
    setBase(object);
    setGiven(now);
    setText(now);
  }, [isBehind, isChanged, object]);
  return { base, given, text, setText, original, begin, isChanged, isBehind };
}

/** An object as YAML: edited with completion, compared, checked by the cluster, saved. */
export function ObjectEditor({
  kind,
  name,
  namespace,
  object,
  isGone,
  reload,
}: {
  kind: KindName;
  name: string;
  namespace: string | null;
  /** As the cluster has it now, or had it last. */
  object: Json;
  isGone: boolean;
  reload: () => void;
}) {
  const { base, given, text, setText, original, begin, isChanged, isBehind } = useText(object);
  const [problems, setProblems] = useState<readonly LineProblem[]>([]);
  const [message, setMessage] = useState<string | null>(null);
  const [isComparing, setIsComparing] = useState(false);
  const queryClient = useQueryClient();
  const schema = useQuery(
    trpc.explorer.schema.queryOptions({ kind }, { staleTime: 600_000, retry: false }),
  );
  const replace = useMutation(trpc.explorer.replace.mutationOptions());

  /** What is written as an object; null where it is no YAML, which is said. */
  function read(): Json | null {
    const parsed = parseYaml(text);
    setProblems(parsed.problem ? [parsed.problem] : []);
    setMessage(parsed.problem ? `Line ${parsed.problem.line}: ${parsed.problem.message}` : null);
    return parsed.problem ? null : (parsed.value as Json);
  }

  async function send(dryRun: boolean): Promise<void> {
    const written = read();
    if (written === null) return;
    try {
      const input = { kind, name, namespace, object: written as never, dryRun };
      const saved: Json = await replace.mutateAsync(input);
      if (dryRun) {
        toast.success("The cluster would take it");
        return;
      }
      toast.success(`${name} is saved`);
      setIsComparing(false);
      begin(saved);
      const key = trpc.explorer.get.queryKey({ kind, name, namespace });
      queryClient.setQueryData(key, saved as never);
    } catch (cause) {
      explain(cause);
    }
  }

  function explain(cause: unknown): void {
    const error = toLiveError(cause);
    const causes = causesOf(cause);
    setProblems(causes.map(({ field, message }) => ({ line: lineOf(text, field), message })));
    setMessage(error.kind === "conflict" ? null : error.message);
    setIsComparing(false);
    // What came between shows at once, and can be taken in.
    if (error.kind === "conflict") reload();
  }

  /** Puts what is written on top of what others wrote meanwhile; where both changed, mine stays. */
  function bringOver(): void {
    const mine = read();
    if (mine === null) return;
    const [before, theirs] = [withoutBookkeeping(base), withoutBookkeeping(object)];
    const { merged, conflicts } = mergeThreeWay<Json>(before, mine, theirs);
    begin(object, toYaml(merged));
    if (conflicts.length > 0) setMessage(`Both changed ${conflicts.join(", ")}: yours is here.`);
  }

  const right = protect(useKindPermission(kind, namespace, name, "update"), object, "update");
  const may = isGone ? { state: "denied" as const, allowed: false, reason: DELETED } : right;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {isGone ? (
        <Notice>It was deleted. This is how it was last.</Notice>
      ) : isBehind && isChanged ? (
        <Notice>
          Somebody else has changed it since you began.
          <span className="flex gap-2">
            <Button size="sm" variant="primary" onClick={bringOver}>
              Bring mine over
            </Button>
            <Button size="sm" onClick={() => begin(object)}>
              Drop mine
            </Button>
          </span>
        </Notice>
      ) : null}
      <div className="min-h-0 flex-1 overflow-auto">
        <YamlEditor
          label={`YAML of ${name}`}
          initial={given}
          onChange={setText}
          problems={problems}
          schema={schema.data}
        />
      </div>
      {message ? (
        <p role="alert" className="border-t bg-danger-fill/10 px-4 py-2 text-[13px] text-danger">
          {message}
        </p>
      ) : null}
      <footer className="flex flex-wrap items-center gap-2 border-t px-4 py-3">
        <span className="mr-auto text-xs text-muted-foreground">
          Ctrl-Space completes. Escape, then Tab, leaves the editor.
        </span>
        <Button size="sm" onClick={() => begin(object)} disabled={!isChanged}>
          <RotateCw /> Undo all
        </Button>
        <PermittedButton
          permission={may}
          size="sm"
          disabled={replace.isPending}
          onClick={() => void send(true)}
        >
          Check
        </PermittedButton>
        <PermittedButton
          permission={may}
          size="sm"
          variant="primary"
          disabled={!isChanged || replace.isPending}
          onClick={() => setIsComparing(true)}
        >
          <FileDiff /> Review and save
        </PermittedButton>
      </footer>
      <Dialog open={isComparing} onOpenChange={setIsComparing}>
        <DialogContent
          title={`Changes to ${name}`}
          description="What was removed is red, what is new is green."
          className="h-[80vh] max-w-4xl"
        >
          <div className="min-h-0 flex-1 overflow-auto">
            <YamlEditor label="Changes" initial={text} original={original} readOnly />
          </div>
          <footer className="flex justify-end gap-2 border-t px-6 py-3">
            <Button onClick={() => setIsComparing(false)}>Back</Button>
            <PermittedButton
              permission={may}
              variant="primary"
              disabled={replace.isPending}
              onClick={() => void send(false)}
            >
              <Save /> Save
            </PermittedButton>
          </footer>
        </DialogContent>
      </Dialog>
    </div>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center justify-between gap-2 border-b bg-warning-fill/10 px-4 py-2 text-[13px]"
    >
      {children}
    </div>
  );
}

function versionOf(object: Json): string {
  const metadata = object["metadata"] as { readonly resourceVersion?: string } | undefined;
  return metadata?.resourceVersion ?? "";
}

type Cause = { readonly field: string; readonly message: string };

/** The fields that the cluster refuses. */
function causesOf(cause: unknown): readonly Cause[] {
  const data = (cause as { readonly data?: { readonly causes?: readonly Cause[] } } | null)?.data;
  return data?.causes ?? [];
}
