import { type ReactNode, useId } from "react";
import { type Control, Controller, type FieldPath } from "react-hook-form";
import { Input, Textarea } from "@/components/ui/input";
import { Select, type SelectOption } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import type { FormValues } from "./form";

type TextName = {
  [Name in FieldPath<FormValues>]: FormValues[Name] extends string ? Name : never;
}[FieldPath<FormValues>];
type FlagName = {
  [Name in FieldPath<FormValues>]: FormValues[Name] extends boolean ? Name : never;
}[FieldPath<FormValues>];

type Common = { control: Control<FormValues>; label: string; hint?: string };

/** A label, a control, its hint and its error, tied together for screen readers. */
function Frame({
  id,
  label,
  hint,
  error,
  children,
}: {
  id: string;
  label: string;
  hint: string | undefined;
  error: string | undefined;
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

export function TextField({
  control,
  name,
  label,
  hint,
  placeholder,
  multiline = false,
  autoFocus = false,
}: Common & { name: TextName; placeholder?: string; multiline?: boolean; autoFocus?: boolean }) {
  const id = useId();
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState: { error } }) => {
        const shared = {
          ...field,
          id,
          placeholder,
          "aria-invalid": error !== undefined,
          "aria-describedby": `${id}-note`,
        };
        return (
          <Frame id={id} label={label} hint={hint} error={error?.message}>
            {multiline ? (
              <Textarea rows={2} {...shared} />
            ) : (
              <Input autoComplete="off" spellCheck={false} autoFocus={autoFocus} {...shared} />
            )}
          </Frame>
        );
      }}
    />
  );
}

export function SelectField({
  control,
  name,
  label,
  hint,
  options,
  onChosen,
}: Common & {
  name: TextName;
  options: readonly SelectOption[];
  onChosen?: (value: string) => void;
}) {
  const id = useId();
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState: { error } }) => (
        <Frame id={id} label={label} hint={hint} error={error?.message}>
          <Select
            id={id}
            value={field.value}
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
        </Frame>
      )}
    />
  );
}

export function SwitchField({ control, name, label, hint }: Common & { name: FlagName }) {
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
          <Switch id={id} checked={field.value} onCheckedChange={field.onChange} />
        </div>
      )}
    />
  );
}
