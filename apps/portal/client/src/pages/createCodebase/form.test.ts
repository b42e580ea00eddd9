import { createCodebaseDraft } from "@portal/shared/drafts";
import { expect, test } from "vitest";
import { type FormValues, formSchema, initialValues } from "./form";

const values: FormValues = {
  ...initialValues("team-a"),
  name: "payments-api",
  gitUrlPath: "/team-a/payments-api",
};

function problems(changed: Partial<FormValues>): PropertyKey[] {
  const result = formSchema.safeParse({ ...values, ...changed });
  return result.error?.issues.map((issue) => issue.path[0] ?? "") ?? [];
}

test("a name and a path are all that must be added to the defaults", () => {
  expect(problems({})).toEqual([]);
});

test.each(["a", "Upper", "-dash", "dash-", "under_score", "a".repeat(31)])(
  "%s is no name",
  (name) => {
    expect(problems({ name })).toContain("name");
  },
);

test.each(["", "team/service", "/", "/a b", "//a"])("%j is no repository path", (gitUrlPath) => {
  expect(problems({ gitUrlPath })).toEqual(["gitUrlPath"]);
});

test("only a clone needs the address it is made from", () => {
  expect(problems({ strategy: "clone" })).toEqual(["repositoryUrl"]);
  expect(problems({ strategy: "import" })).toEqual([]);
});

test("only semantic versions need a first one", () => {
  expect(problems({ startFrom: "one" })).toEqual(["startFrom"]);
  expect(problems({ startFrom: "one", versioning: "default" })).toEqual([]);
});

test("the draft carries the type as its label and leaves out what was left open", () => {
  const draft = createCodebaseDraft(values);
  expect(draft.metadata.labels).toEqual({
    "app.edp.epam.com/codebaseType": "application",
    "app.edp.epam.com/gitserver": "github",
  });
  expect(draft.spec).not.toHaveProperty("repository");
  expect(draft.spec).not.toHaveProperty("description");
});

test("a repository that exists is never an empty project", () => {
  const draft = createCodebaseDraft({ ...values, strategy: "import", emptyProject: true });
  expect(draft.spec.emptyProject).toBe(false);
});
