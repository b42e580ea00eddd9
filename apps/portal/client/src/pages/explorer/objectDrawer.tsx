import { toLiveError } from "@fairlead/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileDiff, RotateCw, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { Drawer } from "@/components/drawer";
import { ErrorState } from "@/components/pageStates";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { type LineProblem, YamlEditor } from "@/components/yaml/editor";
import { lineOf, parseYaml, toYaml } from "@/components/yaml/places";
import { protect } from "@/resources/protection";
import type { KindName } from "./explorerSearch";
import { useKindPermission } from "./useKindPermission";

type Props = { kind: KindName; title: string; id: string; onClose: () => void };
type Json = { [key: string]: never };

/** One object of any kind as YAML: edited with completion, compared, checked by the cluster, saved. */
export function ObjectDrawer({ kind, title, id, onClose }: Props) {
  const [namespace, name] = split(id);
  const object = useQuery(
    trpc.explorer.get.queryOptions({ kind, name, namespace }, { staleTime: 0, retry: false }),
  );
  return (
    <Drawer
      open
      onClose={onClose}
      wide
      title={name}
      subtitle={namespace ? `${title} in ${namespace}` : title}
      actions={
        object.data ? <Delete {...{ kind, name, namespace, onClose, object: object.data }} /> : null
      }
    >
      {object.isError ? (
        <ErrorState noun="object" error={object.error} retry={() => void object.refetch()} />
      ) : object.data ? (
        <Editor
          key={versionOf(object.data)}
          kind={kind}
          name={name}
          namespace={namespace}
          object={object.data}
          reload={() => void object.refetch()}
        />
      ) : (
        <p role="status" className="p-5 text-[13px] text-muted-foreground">
          Reading it…
        </p>
      )}
    </Drawer>
  );
}

function Editor({
  kind,
  name,
  namespace,
  object,
  reload,
}: {
  kind: KindName;
  name: string;
  namespace: string | null;
  object: { [key: string]: unknown };
  reload: () => void;
}) {
  const [original] = useState(() => toYaml(object));
  const [text, setText] = useState(original);
  const [problems, setProblems] = useState<readonly LineProblem[]>([]);
  const [message, setMessage] = useState<string | null>(null);
  const [isComparing, setIsComparing] = useState(false);
  const queryClient = useQueryClient();
  const schema = useQuery(
    trpc.explorer.schema.queryOptions({ kind }, { staleTime: 600_000, retry: false }),
  );
  const replace = useMutation(trpc.explorer.replace.mutationOptions());

  async function send(dryRun: boolean): Promise<void> {
    setProblems([]);
    setMessage(null);
    const parsed = parseYaml(text);
    if (parsed.problem) {
      setProblems([parsed.problem]);
      setMessage(`Line ${parsed.problem.line}: ${parsed.problem.message}`);
      return;
    }
    try {
      const input = { kind, name, namespace, object: parsed.value as Json, dryRun };
      const saved = await replace.mutateAsync(input);
      if (dryRun) {
        toast.success("The cluster would take it");
        return;
      }
      toast.success(`${name} is saved`);
      setIsComparing(false);
      queryClient.setQueryData(
        trpc.explorer.get.queryKey({ kind, name, namespace }),
        saved as { [key: string]: never },
      );
    } catch (cause) {
      explain(cause);
    }
  }

  function explain(cause: unknown): void {
    const error = toLiveError(cause);
    const causes = causesOf(cause);
    setProblems(causes.map(({ field, message }) => ({ line: lineOf(text, field), message })));
    setMessage(
      error.kind === "conflict"
        ? "Somebody else changed it meanwhile. Reload to see the object as it is now; your text is lost then, so copy what you need."
        : error.message,
    );
    setIsComparing(false);
  }

  const isChanged = text !== original;
  const may = protect(useKindPermission(kind, namespace, name, "update"), object, "update");
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="min-h-0 flex-1 overflow-auto">
        <YamlEditor
          label={`YAML of ${name}`}
          initial={original}
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
        <Button size="sm" onClick={reload}>
          <RotateCw /> Reload
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

function Delete({
  kind,
  name,
  namespace,
  object,
  onClose,
}: {
  kind: KindName;
  name: string;
  namespace: string | null;
  object: { [key: string]: unknown };
  onClose: () => void;
}) {
  const may = protect(useKindPermission(kind, namespace, name, "delete"), object, "delete");
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation(
    trpc.explorer.delete.mutationOptions({
      onSuccess: () => {
        toast.success(`${name} is deleted`);
        onClose();
      },
      onError: (error) => toast.error(`${name} was not deleted`, { description: error.message }),
    }),
  );
  return (
    <>
      <PermittedButton permission={may} size="sm" onClick={() => setIsAsking(true)}>
        <Trash2 /> Delete
      </PermittedButton>
      <Dialog open={isAsking} onOpenChange={setIsAsking}>
        <DialogContent title={`Delete ${name}?`} description="This cannot be undone.">
          <footer className="flex justify-end gap-2 px-6 py-4">
            <Button onClick={() => setIsAsking(false)}>Keep it</Button>
            <Button
              variant="danger"
              disabled={remove.isPending}
              onClick={() => remove.mutate({ kind, name, namespace })}
            >
              Delete
            </Button>
          </footer>
        </DialogContent>
      </Dialog>
    </>
  );
}

function split(id: string): [string | null, string] {
  const slash = id.indexOf("/");
  return [id.slice(0, slash) || null, id.slice(slash + 1)];
}

function versionOf(object: { [key: string]: unknown }): string {
  const metadata = object["metadata"] as { readonly resourceVersion?: string } | undefined;
  return metadata?.resourceVersion ?? "";
}

type Cause = { readonly field: string; readonly message: string };

/** The fields that the cluster refuses. */
function causesOf(cause: unknown): readonly Cause[] {
  const data = (cause as { readonly data?: { readonly causes?: readonly Cause[] } } | null)?.data;
  return data?.causes ?? [];
}
