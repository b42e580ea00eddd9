import { useMutation } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { Drawer } from "@/components/drawer";
import { ErrorState } from "@/components/pageStates";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { protect } from "@/resources/protection";
import type { KindName } from "./explorerSearch";
import { ObjectEditor } from "./objectEditor";
import { useKindPermission } from "./useKindPermission";
import { useLiveObject } from "./useLiveObject";

type Props = { kind: KindName; title: string; id: string; onClose: () => void };

/** One object of any kind as YAML: edited with completion, compared, checked by the cluster, saved. */
export function ObjectDrawer({ kind, title, id, onClose }: Props) {
  const [namespace, name] = split(id);
  const object = useLiveObject(kind, namespace, name);
  return (
    <Drawer
      open
      onClose={onClose}
      wide
      title={name}
      subtitle={namespace ? `${title} in ${namespace}` : title}
      actions={
        object.data && !object.isGone ? (
          <Delete {...{ kind, name, namespace, onClose, object: object.data }} />
        ) : null
      }
    >
      {object.data ? (
        <ObjectEditor
          kind={kind}
          name={name}
          namespace={namespace}
          object={object.data}
          isGone={object.isGone}
          reload={object.reload}
        />
      ) : object.error ? (
        <ErrorState noun="object" error={object.error} retry={object.reload} />
      ) : (
        <p role="status" className="p-5 text-[13px] text-muted-foreground">
          Reading it…
        </p>
      )}
    </Drawer>
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
