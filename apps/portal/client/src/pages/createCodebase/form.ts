import { zCodebaseDraftInputs } from "@portal/shared/schemas";
import { z } from "zod";

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * What the wizard asks for: the inputs that a draft is made from. Their own schema checks them too; here stand the
 * rules that belong to the form: which answers depend on which, said in a person's words.
 */
export const formSchema = z
  .object({
    strategy: z.enum(["create", "clone", "import"]),
    type: z.enum(["application", "autotest", "library", "infrastructure", "system"]),
    name: z
      .string()
      .min(2, "Use at least 2 characters.")
      .max(30, "Use at most 30 characters: pipelines add to the name.")
      .regex(
        NAME,
        "Use lower-case letters, digits and dashes; begin and end with a letter or digit.",
      ),
    namespace: z.string().min(1, "Choose a namespace."),
    description: z.string().max(250, "Use at most 250 characters."),
    lang: z.string().min(1, "Choose a language."),
    framework: z.string().min(1, "Name the framework."),
    buildTool: z.string().min(1, "Name the build tool."),
    gitServer: z.string().min(1, "Choose a Git server."),
    gitUrlPath: z
      .string()
      .regex(
        /^\/[^\s/]+(\/[^\s/]+)*$/,
        "Write the path from the server's root, such as /team/service.",
      ),
    repositoryUrl: z.string(),
    defaultBranch: z
      .string()
      .min(1, "Name the default branch.")
      .regex(/^\S+$/, "Leave out spaces."),
    private: z.boolean(),
    emptyProject: z.boolean(),
    versioning: z.enum(["default", "semver"]),
    startFrom: z.string(),
    deploymentScript: z.enum(["helm-chart", "rpm-package"]),
    ciTool: z.enum(["tekton", "gitlab"]),
  })
  .check((context) => {
    const { strategy, repositoryUrl, versioning, startFrom } = context.value;
    if (strategy === "clone" && !/^https?:\/\/\S+\/\S+$/.test(repositoryUrl)) {
      context.issues.push({
        code: "custom",
        path: ["repositoryUrl"],
        message: "Give the repository's web address, such as https://github.com/team/service.",
        input: repositoryUrl,
      });
    }
    if (versioning === "semver" && !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(startFrom)) {
      context.issues.push({
        code: "custom",
        path: ["startFrom"],
        message: "Give the first version, such as 0.1.0-SNAPSHOT.",
        input: startFrom,
      });
    }
    for (const issue of zCodebaseDraftInputs.safeParse(context.value).error?.issues ?? []) {
      const field = issue.path[0] ?? "name";
      // Where the form has a word of its own for it, that one is the clearer.
      if (context.issues.some(({ path }) => path?.[0] === field)) continue;
      const { message } = issue;
      context.issues.push({ code: "custom", path: [field], message, input: context.value });
    }
  });

export type FormValues = z.infer<typeof formSchema>;

export const steps: readonly {
  title: string;
  hint: string;
  fields: readonly (keyof FormValues)[];
}[] = [
  {
    title: "Start",
    hint: "Where the code comes from",
    fields: ["strategy", "type", "name", "namespace", "description"],
  },
  {
    title: "Repository",
    hint: "Where the code lives",
    fields: [
      "gitServer",
      "gitUrlPath",
      "repositoryUrl",
      "defaultBranch",
      "private",
      "emptyProject",
    ],
  },
  {
    title: "Delivery",
    hint: "How it is built and versioned",
    fields: [
      "lang",
      "framework",
      "buildTool",
      "versioning",
      "startFrom",
      "deploymentScript",
      "ciTool",
    ],
  },
  { title: "Review", hint: "What will be created", fields: [] },
];

export function initialValues(namespace: string): FormValues {
  return {
    strategy: "create",
    type: "application",
    name: "",
    namespace,
    description: "",
    lang: "java",
    framework: "java21",
    buildTool: "maven",
    gitServer: "github",
    gitUrlPath: "",
    repositoryUrl: "",
    defaultBranch: "main",
    private: true,
    emptyProject: false,
    versioning: "semver",
    startFrom: "0.1.0-SNAPSHOT",
    deploymentScript: "helm-chart",
    ciTool: "tekton",
  };
}

/** What a language is usually built with: a start, free to be changed. */
export const stacks: readonly {
  lang: string;
  label: string;
  frameworks: readonly string[];
  buildTools: readonly string[];
}[] = [
  {
    lang: "java",
    label: "Java",
    frameworks: ["java21", "java17"],
    buildTools: ["maven", "gradle"],
  },
  {
    lang: "javascript",
    label: "JavaScript",
    frameworks: ["react", "express", "vue"],
    buildTools: ["npm", "pnpm"],
  },
  {
    lang: "python",
    label: "Python",
    frameworks: ["fastapi", "flask", "python-3.12"],
    buildTools: ["python"],
  },
  { lang: "go", label: "Go", frameworks: ["gin", "beego", "operator-sdk"], buildTools: ["go"] },
  { lang: "csharp", label: "C#", frameworks: ["dotnet-8.0", "dotnet-6.0"], buildTools: ["dotnet"] },
  { lang: "hcl", label: "HCL", frameworks: ["terraform"], buildTools: ["terraform"] },
  { lang: "helm", label: "Helm", frameworks: ["helm", "charts"], buildTools: ["helm"] },
  { lang: "other", label: "Other", frameworks: ["other"], buildTools: ["other"] },
];

/** What was kept over a new sign-in, if it is the input of this form as it is now. */
export function readKept(kept: unknown): { step: number; values: FormValues } | null {
  if (typeof kept !== "object" || kept === null) return null;
  if (!("step" in kept && "values" in kept)) return null;
  const { step, values } = kept;
  if (typeof step !== "number" || !steps[step] || !isFormValues(values)) return null;
  return { step, values };
}

/** Unfinished, so it need not be valid: every field is there and of the right type. */
function isFormValues(values: unknown): values is FormValues {
  if (typeof values !== "object" || values === null) return false;
  const found = new Map(Object.entries(values));
  return Object.entries(initialValues("")).every(
    ([name, value]) => typeof found.get(name) === typeof value,
  );
}
