// @vitest-environment jsdom
import { LiveError } from "@fairlead/react";
import { useResourceForm } from "@fairlead/react/form";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

interface Values {
  name: string;
  size: number;
  hidden?: string;
}

interface FormProps {
  readonly submit: (values: Values) => Promise<string>;
  readonly onSuccess?: (result: string) => void;
  readonly hiddenError?: string;
}

function WidgetForm({ submit, onSuccess, hiddenError }: FormProps) {
  const form = useResourceForm<Values, string>({
    defaultValues: { name: "one", size: 1 },
    submit,
    ...(onSuccess ? { onSuccess } : {}),
    fieldOf: (field) =>
      field === "spec.size" ? "size" : field === "spec.hidden" ? "hidden" : null,
    ...(hiddenError
      ? {
          resolver: () => ({
            values: {},
            errors: { hidden: { type: "required", message: hiddenError } },
          }),
        }
      : {}),
  });
  const { errors } = form.formState;
  return (
    <form onSubmit={form.onSubmit}>
      <input aria-label="name" {...form.register("name")} />
      <input aria-label="size" {...form.register("size")} />
      <p data-testid="size-error">{errors.size?.message}</p>
      <p data-testid="form-error">{form.formError}</p>
      <button type="submit">Save</button>
    </form>
  );
}

afterEach(cleanup);

function refusal(causes: { field: string; message: string }[]) {
  const cause = Object.assign(new Error("invalid"), { data: { code: "BAD_REQUEST", causes } });
  return new LiveError("invalid", {
    kind: "invalid",
    code: "BAD_REQUEST",
    retryable: false,
    cause,
  });
}

const save = () => fireEvent.click(screen.getByText("Save"));

test("a successful submit hands on the result", async () => {
  const onSuccess = vi.fn();
  render(<WidgetForm submit={async ({ name }) => `saved ${name}`} onSuccess={onSuccess} />);
  save();
  await waitFor(() => expect(onSuccess.mock.calls[0]?.[0]).toBe("saved one"));
});

test("what the server refuses shows at its field", async () => {
  const submit = async () =>
    Promise.reject(refusal([{ field: "spec.size", message: "too large" }]));
  render(<WidgetForm submit={submit} />);
  save();
  await waitFor(() => expect(screen.getByTestId("size-error").textContent).toBe("too large"));
  expect(screen.getByTestId("form-error").textContent).toBe("");
});

test.each([
  [[{ field: "spec.other", message: "unknown" }], "spec.other: unknown"],
  [[{ field: "spec.hidden", message: "missing" }], "spec.hidden: missing"],
  [[], "invalid"],
])("a refusal without a field on the screen is not silent: %o", async (causes, text) => {
  render(<WidgetForm submit={async () => Promise.reject(refusal(causes))} />);
  save();
  await waitFor(() => expect(screen.getByTestId("form-error").textContent).toBe(text));
});

test("the form's own schema is not silent about a field that is not shown", async () => {
  render(<WidgetForm submit={async () => ""} hiddenError="Required" />);
  save();
  await waitFor(() =>
    expect(screen.getByTestId("form-error").textContent).toBe("hidden: Required"),
  );
});
