/**
 * Forms on react-hook-form, an optional peer: an entry of its own, so that nobody else needs it.
 */
import { useState } from "react";
import {
  type DefaultValues,
  type FieldErrors,
  type FieldPath,
  type FieldValues,
  type Resolver,
  type UseFormReturn,
  useForm,
} from "react-hook-form";
import { type LiveError, toLiveError } from "../core/index.js";
import { type FieldError, fieldErrors } from "../writes/index.js";

export interface ResourceFormOptions<Values extends FieldValues, Result> {
  readonly defaultValues: DefaultValues<Values>;
  /** `zodResolver(schema)` of `@hookform/resolvers/zod`, with the generated schema. */
  readonly resolver?: Resolver<Values>;
  /** Typically `(values) => create.mutateAsync(createCodebaseDraft(values))`. */
  readonly submit: (values: Values) => Promise<Result>;
  readonly onSuccess?: (result: Result, values: Values) => void;
  /** Finds the form's field for a field of the server (`spec.size`); null for none of this form. */
  readonly fieldOf?: (serverField: string) => FieldPath<Values> | null;
}

export interface ResourceForm<Values extends FieldValues> extends UseFormReturn<Values> {
  readonly onSubmit: (event?: { preventDefault?: () => void }) => Promise<void>;
  /** What is wrong and belongs to no field on the screen: never silent. */
  readonly formError: string | null;
  readonly error: LiveError | null;
}

/** Errors of fields that are not on the screen, which nobody would see otherwise. */
function unseenErrors(errors: FieldErrors, path = ""): string[] {
  return Object.entries(errors).flatMap(([name, error]) => {
    const here = path ? `${path}.${name}` : name;
    if (!error || typeof error !== "object") return [];
    if (typeof error.type !== "string") return unseenErrors(error as FieldErrors, here);
    return "ref" in error && error.ref ? [] : [`${here}: ${String(error.message ?? error.type)}`];
  });
}

/**
 * A form that submits a mutation. What the server refuses shows at its field, all else as `formError`;
 * a refusal by the form's own schema of a field that is not shown does, too.
 */
export function useResourceForm<Values extends FieldValues, Result>(
  options: ResourceFormOptions<Values, Result>,
): ResourceForm<Values> {
  const { defaultValues, resolver, submit, onSuccess, fieldOf } = options;
  const form = useForm<Values>({ defaultValues, ...(resolver ? { resolver } : {}) });
  const [formError, setFormError] = useState("");
  const [error, setError] = useState<LiveError | null>(null);
  const { handleSubmit, setError: setFieldError, clearErrors, getFieldState } = form;

  /** Shows a refusal at its field; false when that field is not on the screen. */
  const place = ({ field, message }: FieldError): boolean => {
    // Without a mapping, the field of the same name; react-hook-form's paths are just such strings.
    const path = fieldOf ? fieldOf(field) : (field as FieldPath<Values>);
    if (path === null) return false;
    setFieldError(path, { type: "server", message });
    if (getFieldState(path).error?.ref) return true;
    clearErrors(path);
    return false;
  };

  const onRefused = (cause: unknown) => {
    const refused = fieldErrors(cause);
    const unplaced = refused.filter((each) => !place(each));
    const failure = toLiveError(cause);
    setError(failure);
    if (refused.length === 0) setFormError(failure.message);
    else setFormError(unplaced.map(({ field, message }) => `${field}: ${message}`).join("; "));
  };

  const onValid = async (values: Values) => {
    try {
      const result = await submit(values);
      onSuccess?.(result, values);
    } catch (cause) {
      onRefused(cause);
    }
  };

  const onInvalid = (errors: FieldErrors<Values>) => {
    setFormError(unseenErrors(errors).join("; "));
  };

  const onSubmit = async (event?: { preventDefault?: () => void }) => {
    event?.preventDefault?.();
    setFormError("");
    setError(null);
    await handleSubmit(onValid, onInvalid)();
  };
  return { ...form, onSubmit, formError: formError || null, error };
}
