import type { Control, FieldPath, FieldValues } from "react-hook-form";
import { useNamespaces } from "@/components/shell/useNamespaces";
import { SelectField } from "./field";

/** Which namespace something new goes to, of those that the user sees. */
export function NamespaceField<Values extends FieldValues>({
  control,
  name,
  onChosen,
}: {
  control: Control<Values>;
  name: FieldPath<Values>;
  /** What was chosen from the old namespace may have to go. */
  onChosen?: () => void;
}) {
  const options = useNamespaces().map((value) => ({ value, label: value }));
  return (
    <SelectField
      control={control}
      name={name}
      label="Namespace"
      options={options}
      {...(onChosen ? { onChosen } : {})}
    />
  );
}
