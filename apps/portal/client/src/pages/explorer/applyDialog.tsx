import type { AppliedDocument } from "@portal/shared";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "@/app/client";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { YamlEditor } from "@/components/yaml/editor";
import { keepEscape } from "@/lib/keepEscape";

const EXAMPLE = `apiVersion: v1
kind: ConfigMap
metadata:
  name: example
data:
  key: value
`;

const tones = {
  created: "success",
  configured: "info",
  unchanged: "neutral",
  failed: "danger",
} as const;

type Props = { namespace: string | null; onClose: () => void };

/** Applies YAML documents, and says what became of each. */
export function ApplyDialog({ namespace, onClose }: Props) {
  const [text, setText] = useState(EXAMPLE);
  const [wasDryRun, setWasDryRun] = useState(false);
  const apply = useMutation(trpc.manifests.applyYaml.mutationOptions());
  const send = (dryRun: boolean) => {
    setWasDryRun(dryRun);
    apply.mutate({ text, namespace, dryRun });
  };
  const problems = (apply.data ?? []).flatMap(({ line, message, problems }) =>
    problems.length > 0 ? problems : message ? [{ line, message }] : [],
  );
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Apply YAML"
        description={`Several documents are parted by ---. Those without a namespace go to ${namespace ?? "the one they name"}.`}
        className="h-[85vh] max-w-4xl"
        onEscapeKeyDown={(event) => {
          keepEscape(event);
          event.preventDefault(); // the text would be lost
        }}
      >
        <div className="min-h-0 flex-1 overflow-auto">
          <YamlEditor
            label="Documents to apply"
            initial={EXAMPLE}
            onChange={setText}
            problems={problems}
          />
        </div>
        {apply.error ? (
          <p role="alert" className="border-t bg-danger-fill/10 px-6 py-2 text-[13px] text-danger">
            {apply.error.message}
          </p>
        ) : null}
        {apply.data ? <Results documents={apply.data} wasDryRun={wasDryRun} /> : null}
        <footer className="flex justify-end gap-2 border-t px-6 py-3">
          <Button onClick={onClose}>Close</Button>
          <Button disabled={apply.isPending} onClick={() => send(true)}>
            Check
          </Button>
          <Button variant="primary" disabled={apply.isPending} onClick={() => send(false)}>
            Apply
          </Button>
        </footer>
      </DialogContent>
    </Dialog>
  );
}

function Results({
  documents,
  wasDryRun,
}: {
  documents: readonly AppliedDocument[];
  wasDryRun: boolean;
}) {
  return (
    <section aria-label="Results" className="scroll-thin max-h-48 overflow-y-auto border-t">
      {wasDryRun ? (
        <p className="px-6 pt-2 text-xs text-muted-foreground">
          Checked only: nothing was changed.
        </p>
      ) : null}
      <ul className="divide-y px-6 text-[13px]">
        {documents.map((document) => (
          <li key={document.line} className="flex items-start gap-3 py-2">
            <Badge tone={tones[document.outcome]}>{document.outcome}</Badge>
            <span className="min-w-0">
              <span className="font-medium">
                {document.kind} {document.name}
              </span>
              {document.namespace ? (
                <span className="text-muted-foreground"> in {document.namespace}</span>
              ) : null}
              {document.message ? (
                <span className="block break-words text-danger">
                  Line {document.line}: {document.message}
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
