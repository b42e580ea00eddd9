import { Copy, FilePlus2, Import } from "lucide-react";
import { type Control, Controller, type UseFormReturn } from "react-hook-form";
import { Facts } from "@/components/drawer";
import { SelectField, SwitchField, TextField } from "@/components/form/field";
import { Badge } from "@/components/ui/badge";
import { type Choice, ChoiceCards } from "@/components/ui/choiceCards";
import type { SelectOption } from "@/components/ui/select";
import { type FormValues, stacks } from "./form";

const strategies: readonly Choice<FormValues["strategy"]>[] = [
  { value: "create", label: "Create", hint: "A new repository from a template", icon: FilePlus2 },
  { value: "clone", label: "Clone", hint: "A copy of another repository", icon: Copy },
  { value: "import", label: "Import", hint: "A repository you already have", icon: Import },
];

const options = (...values: string[]): SelectOption[] =>
  values.map((value) => ({ value, label: value }));

const types = options("application", "library", "autotest", "infrastructure", "system");

type StepProps = { form: UseFormReturn<FormValues> };

export function StartStep({
  form,
  namespaces,
  refusal,
}: StepProps & {
  namespaces: readonly string[];
  /** Why nothing may be created in the chosen namespace, if so. */
  refusal: string | null;
}) {
  const { control } = form;
  return (
    <>
      <StrategyField control={control} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField control={control} name="name" label="Name" placeholder="payments-api" />
        <SelectField control={control} name="type" label="Type" options={types} />
      </div>
      <SelectField
        control={control}
        name="namespace"
        label="Namespace"
        options={options(...namespaces)}
      />
      {refusal ? (
        <p role="alert" className="-mt-2 text-xs text-danger">
          {refusal}
        </p>
      ) : null}
      <TextField
        control={control}
        name="description"
        label="Description"
        hint="Optional"
        multiline
      />
    </>
  );
}

function StrategyField({ control }: { control: Control<FormValues> }) {
  return (
    <Controller
      control={control}
      name="strategy"
      render={({ field }) => (
        <ChoiceCards
          label="How to begin"
          value={field.value}
          choices={strategies}
          onChange={field.onChange}
          className="sm:grid-cols-3"
        />
      )}
    />
  );
}

export function RepositoryStep({ form }: StepProps) {
  const { control } = form;
  const strategy = form.watch("strategy");
  return (
    <>
      {strategy === "clone" ? (
        <TextField
          control={control}
          name="repositoryUrl"
          label="Repository to clone"
          placeholder="https://github.com/team/service"
        />
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          control={control}
          name="gitServer"
          label="Git server"
          options={options("github", "gitlab", "gerrit", "bitbucket")}
        />
        <TextField
          control={control}
          name="gitUrlPath"
          label={strategy === "import" ? "Repository path" : "New repository's path"}
          placeholder="/team/service"
        />
      </div>
      <TextField control={control} name="defaultBranch" label="Default branch" />
      <SwitchField
        control={control}
        name="private"
        label="Private repository"
        hint="Only members of the project see it."
      />
      {strategy === "create" ? (
        <SwitchField
          control={control}
          name="emptyProject"
          label="Empty project"
          hint="Without the template's example code."
        />
      ) : null}
    </>
  );
}

export function DeliveryStep({ form }: StepProps) {
  const { control, setValue } = form;
  const stack = stacks.find((candidate) => candidate.lang === form.watch("lang"));
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-3">
        <SelectField
          control={control}
          name="lang"
          label="Language"
          options={stacks.map(({ lang, label }) => ({ value: lang, label }))}
          onChosen={(lang) => {
            const next = stacks.find((candidate) => candidate.lang === lang);
            setValue("framework", next?.frameworks[0] ?? "");
            setValue("buildTool", next?.buildTools[0] ?? "");
          }}
        />
        <SelectField
          control={control}
          name="framework"
          label="Framework"
          options={options(...(stack?.frameworks ?? []))}
        />
        <SelectField
          control={control}
          name="buildTool"
          label="Build tool"
          options={options(...(stack?.buildTools ?? []))}
        />
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          control={control}
          name="versioning"
          label="Versioning"
          options={[
            { value: "semver", label: "Semantic versions" },
            { value: "default", label: "Timestamps" },
          ]}
        />
        {form.watch("versioning") === "semver" ? (
          <TextField control={control} name="startFrom" label="First version" />
        ) : null}
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          control={control}
          name="deploymentScript"
          label="Deployment"
          options={[
            { value: "helm-chart", label: "Helm chart" },
            { value: "rpm-package", label: "RPM package" },
          ]}
        />
        <SelectField
          control={control}
          name="ciTool"
          label="CI tool"
          options={[
            { value: "tekton", label: "Tekton" },
            { value: "gitlab", label: "GitLab CI" },
          ]}
        />
      </div>
    </>
  );
}

export function ReviewStep({ form }: StepProps) {
  const values = form.getValues();
  return (
    <div className="rounded-lg border bg-muted/50 p-4">
      <Facts
        facts={{
          Name: <span className="font-medium">{values.name}</span>,
          Namespace: values.namespace,
          Type: <Badge>{values.type}</Badge>,
          Strategy: values.strategy,
          Description: values.description,
          Repository: `${values.gitServer}${values.gitUrlPath}`,
          "Cloned from": values.strategy === "clone" ? values.repositoryUrl : null,
          "Default branch": values.defaultBranch,
          Visibility: values.private ? "private" : "public",
          Stack: `${values.lang} · ${values.framework} · ${values.buildTool}`,
          Versioning:
            values.versioning === "semver" ? `semver from ${values.startFrom}` : "default",
          Deployment: values.deploymentScript,
          "CI tool": values.ciTool,
        }}
      />
    </div>
  );
}
