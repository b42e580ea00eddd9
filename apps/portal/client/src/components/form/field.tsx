import { type ReactNode, useId } from "react";
import { type Control, Controller, type FieldPath, type FieldValues } from "react-hook-form";
import { Input, Textarea } from "@/components/ui/input";
import { Select, type SelectOption } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";

type Common<Values extends FieldValues> = {
  control: Control<Values>;
  name: FieldPath<Values>;
  label: string;
  hint?: string | undefined;
};

/** A label, a control, its hint and its error, tied together for screen readers. */
export function FieldFrame({
  id,
  label,
  hint,
  error,
  children,
}: {
  id: string;
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className="text-[13px] font-medium">
        {label}
      </label>
      {children}
      {error ? (
        <p id={`${id}-note`} role="alert" className="text-xs text-danger">
          {error}
        </p>
      ) : hint ? (
        <p id={`${id}-note`} className="text-xs text-muted-foreground">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function TextField<Values extends FieldValues>({
  control,
  name,
  label,
  hint,
  placeholder,
  multiline = false,
  type = "text",
}: Common<Values> & {
  placeholder?: string;
  multiline?: boolean;
  type?: "text" | "password" | "number";
}) {
  const id = useId();
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState: { error } }) => {
        const shared = {
          ...field,
          value: String(field.value ?? ""),
          id,
          placeholder,
          "aria-invalid": error !== undefined,
          "aria-describedby": `${id}-note`,
        };
        return (
          <FieldFrame id={id} label={label} hint={hint} error={error?.message}>
            {multiline ? (
              <Textarea rows={2} {...shared} />
            ) : (
              <Input
                type={type}
                autoComplete={type === "password" ? "new-password" : "off"}
                spellCheck={false}
                {...shared}
                onChange={(event) => {
                  const text = event.target.value;
                  field.onChange(type === "number" && text !== "" ? Number(text) : text);
                }}
              />
            )}
          </FieldFrame>
        );
      }}
    />
  );
}

export function DescriptionField<Values extends FieldValues>({
  control,
  name,
}: Pick<Common<Values>, "control" | "name">) {
  return <TextField control={control} name={name} label="Description" hint="Optional" multiline />;
}

export function SelectField<Values extends FieldValues>({
  control,
  name,
  label,
  hint,
  options,
  onChosen,
}: Common<Values> & {
  options: readonly SelectOption[];
  onChosen?: (value: string) => void;
}) {
  const id = useId();
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState: { error } }) => (
        <FieldFrame id={id} label={label} hint={hint} error={error?.message}>
          <Select
            id={id}
            value={String(field.value ?? "")}
            onValueChange={(value) => {
              field.onChange(value);
              onChosen?.(value);
            }}
            onBlur={field.onBlur}
            options={options}
            placeholder="Choose…"
            aria-invalid={error !== undefined}
            aria-describedby={`${id}-note`}
          />
        </FieldFrame>
      )}
    />
  );
}

export function SwitchField<Values extends FieldValues>({
  control,
  name,
  label,
  hint,
}: Common<Values>) {
  const id = useId();
  return (
    <Controller
      control={control}
      name={name}
      render={({ field }) => (
        <div className="flex items-center justify-between gap-4 rounded-lg border border-input bg-card px-3 py-2.5">
          <div>
            <label htmlFor={id} className="text-[13px] font-medium">
              {label}
            </label>
            {hint ? <p className="text-xs text-muted-foreground">{hint}</p> : null}
          </div>
          <Switch id={id} checked={field.value === true} onCheckedChange={field.onChange} />
        </div>
      )}
    />
  );
}
