import "@/components/form/zodWithoutEval";

import { useKeptInput } from "@fairlead/react";
import { zodResolver } from "@hookform/resolvers/zod";
import { createCodebaseDraft } from "@portal/shared/drafts";
import { useCodebaseCRUD, useCodebasePermissions } from "@portal/shared/hooks";
import { ArrowLeft, ArrowRight, Check, LoaderCircle, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useForm } from "react-hook-form";
import { PermittedButton } from "@/components/permittedButton";
import { useNamespaces } from "@/components/shell/useNamespaces";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { cn } from "@/lib/cn";
import { type FormValues, formSchema, initialValues, readKept, steps } from "./form";
import { DeliveryStep, RepositoryStep, ReviewStep, StartStep } from "./steps";

export function CreateCodebaseDialog({
  namespace,
  onClose,
}: {
  /** The one that is offered first. */
  namespace: string;
  onClose: () => void;
}) {
  const { create } = useCodebaseCRUD();
  const namespaces = useNamespaces();
  const kept = readKept(useKeptInput("createCodebase", () => ({ step, values: form.getValues() })));
  const [step, setStep] = useState(kept?.step ?? 0);
  const form = useForm<FormValues>({
    resolver: zodResolver(formSchema),
    defaultValues: kept?.values ?? initialValues(namespace),
    mode: "onTouched",
  });
  const permissions = useCodebasePermissions({ namespace: form.watch("namespace") || null });
  const refusal =
    permissions.create.state === "denied"
      ? (permissions.create.reason ?? "You may not create codebases in this namespace.")
      : null;
  const last = step === steps.length - 1;

  const advance = () => {
    const fields = steps[step]?.fields ?? [];
    // Checked at once: were the answer awaited, a second click could reach the next step's button.
    if (!isComplete(form.getValues(), fields)) {
      void form.trigger(fields, { shouldFocus: true });
      return;
    }
    suggestPath(form.getValues, form.setValue);
    setStep(step + 1);
  };
  const submit = form.handleSubmit((values) =>
    create.mutate(createCodebaseDraft(values), { onSuccess: onClose }),
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!last) advance();
    else if (!create.isPending && permissions.create.allowed) void submit();
  };

  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Create codebase"
        description="A repository the platform builds, tests and versions."
        className="max-w-2xl"
      >
        <form onSubmit={onSubmit} noValidate className="flex min-h-0 flex-1 flex-col">
          <Progress step={step} onStep={setStep} />
          <div className="scroll-thin flex min-h-88 flex-1 flex-col gap-4 overflow-y-auto px-6 py-5">
            {step === 0 ? (
              <StartStep form={form} namespaces={namespaces} refusal={refusal} />
            ) : null}
            {step === 1 ? <RepositoryStep form={form} /> : null}
            {step === 2 ? <DeliveryStep form={form} /> : null}
            {last ? <ReviewStep form={form} /> : null}
          </div>
          {create.error ? (
            <p
              role="alert"
              className="border-t bg-danger-fill/10 px-6 py-2.5 text-[13px] text-danger"
            >
              {create.error.message}
            </p>
          ) : null}
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
            {last ? (
              <PermittedButton
                key="create"
                permission={permissions.create}
                type={permissions.create.allowed ? "submit" : "button"}
                variant="primary"
                disabled={create.isPending}
              >
                {create.isPending ? <LoaderCircle className="animate-spin" /> : <Plus />}
                Create codebase
              </PermittedButton>
            ) : (
              <Button key="next" type="submit" variant="primary">
                Next <ArrowRight />
              </Button>
            )}
          </footer>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function isComplete(values: FormValues, fields: readonly (keyof FormValues)[]): boolean {
  const issues = formSchema.safeParse(values).error?.issues ?? [];
  return !issues.some(({ path }) => fields.some((field) => field === path[0]));
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
    <ol className="flex min-h-15 items-center gap-1 border-b px-6 py-3">
      {steps.map(({ title, hint }, index) => {
        const done = index < step;
        const current = index === step;
        return (
          <li
            key={title}
            className={current ? "flex-2" : "flex-1"}
            aria-current={current ? "step" : undefined}
          >
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
                {current ? (
                  <span className="hidden text-xs text-muted-foreground sm:block">{hint}</span>
                ) : null}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
