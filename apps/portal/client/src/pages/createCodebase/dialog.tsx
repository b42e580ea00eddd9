import { zodResolver } from "@hookform/resolvers/zod";
import { ArrowLeft, ArrowRight, Check, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { useNamespaces } from "@/data/hooks";
import type { CodebaseDraft } from "@/data/models";
import { cn } from "@/lib/cn";
import { type FormValues, formSchema, initialValues, steps, toDraft } from "./form";
import { DeliveryStep, RepositoryStep, ReviewStep, StartStep } from "./steps";

export function CreateCodebaseDialog({
  namespace,
  onClose,
  onCreate,
}: {
  namespace: string | null;
  onClose: () => void;
  onCreate: (draft: CodebaseDraft) => void;
}) {
  const namespaces = useNamespaces();
  const [step, setStep] = useState(0);
  const form = useForm<FormValues>({
    resolver: zodResolver(formSchema),
    defaultValues: initialValues(namespace ?? namespaces[0] ?? ""),
    mode: "onTouched",
  });
  const last = step === steps.length - 1;

  const advance = async () => {
    const fields = steps[step]?.fields ?? [];
    if (!(await form.trigger(fields, { shouldFocus: true }))) return;
    suggestPath(form.getValues, form.setValue);
    setStep(step + 1);
  };
  const create = form.handleSubmit((values) => {
    onCreate(toDraft(values));
    onClose();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void (last ? create() : advance());
  };

  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Create codebase"
        description="A repository the platform builds, tests and versions."
        className="max-w-2xl"
      >
        <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
          <Progress step={step} onStep={setStep} />
          <div className="scroll-thin flex min-h-88 flex-1 flex-col gap-4 overflow-y-auto px-6 py-5">
            {step === 0 ? <StartStep form={form} namespaces={namespaces} /> : null}
            {step === 1 ? <RepositoryStep form={form} /> : null}
            {step === 2 ? <DeliveryStep form={form} /> : null}
            {last ? <ReviewStep form={form} /> : null}
          </div>
          <footer className="flex items-center justify-between gap-2 border-t bg-muted/40 px-6 py-3.5">
            <Button onClick={step === 0 ? onClose : () => setStep(step - 1)}>
              {step === 0 ? (
                "Cancel"
              ) : (
                <>
                  <ArrowLeft /> Back
                </>
              )}
            </Button>
            <Button type="submit" variant="primary">
              {last ? (
                <>
                  <Plus /> Create
                </>
              ) : (
                <>
                  Next <ArrowRight />
                </>
              )}
            </Button>
          </footer>
        </form>
      </DialogContent>
    </Dialog>
  );
}

/** A path nobody has written yet follows from the name. */
function suggestPath(
  read: (name: "name" | "gitUrlPath" | "namespace") => string,
  write: (name: "gitUrlPath", value: string) => void,
): void {
  if (read("gitUrlPath") === "") write("gitUrlPath", `/${read("namespace")}/${read("name")}`);
}

/** Where in the wizard one is. Steps behind can be gone back to; those ahead must be earned. */
function Progress({ step, onStep }: { step: number; onStep: (step: number) => void }) {
  return (
    <ol className="flex gap-1 border-b px-6 py-3">
      {steps.map(({ title, hint }, index) => {
        const done = index < step;
        const current = index === step;
        return (
          <li key={title} className="flex-1" aria-current={current ? "step" : undefined}>
            <button
              type="button"
              disabled={!done}
              onClick={() => onStep(index)}
              className="flex w-full items-center gap-2 rounded-md text-left"
            >
              <span
                className={cn(
                  "flex size-6 shrink-0 items-center justify-center rounded-full border text-xs font-semibold",
                  current && "border-primary bg-primary text-primary-foreground",
                  done && "border-primary text-primary",
                  !current && !done && "text-muted-foreground",
                )}
              >
                {done ? <Check aria-label="done" className="size-3.5" /> : index + 1}
              </span>
              <span className={cn("min-w-0", !current && "max-sm:sr-only")}>
                <span
                  className={cn(
                    "block text-[13px] font-medium",
                    !current && !done && "text-muted-foreground",
                  )}
                >
                  {title}
                </span>
                <span className="hidden truncate text-xs text-muted-foreground lg:block">
                  {hint}
                </span>
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
