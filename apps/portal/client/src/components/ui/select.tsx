import { Check, ChevronDown } from "lucide-react";
import { Select as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { controlClass } from "./input";

export type SelectOption = { value: string; label: string };

/** A select box of plain options. */
export function Select({
  options,
  placeholder,
  className,
  id,
  onBlur,
  ...props
}: Omit<ComponentProps<typeof Primitive.Root>, "children"> &
  Pick<
    ComponentProps<typeof Primitive.Trigger>,
    "className" | "id" | "onBlur" | "aria-label" | "aria-invalid" | "aria-describedby"
  > & { options: readonly SelectOption[]; placeholder?: string }) {
  const {
    "aria-label": label,
    "aria-invalid": invalid,
    "aria-describedby": describedBy,
    ...root
  } = props;
  return (
    <Primitive.Root {...root}>
      <Primitive.Trigger
        id={id}
        onBlur={onBlur}
        aria-label={label}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        className={cn(controlClass, "flex items-center justify-between gap-2 text-left", className)}
      >
        <span className="truncate">
          <Primitive.Value placeholder={placeholder} />
        </span>
        <ChevronDown className="size-4 shrink-0 text-muted-foreground" />
      </Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          position="popper"
          sideOffset={4}
          className="z-50 max-h-72 min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border bg-popover p-1 shadow-lg data-[state=open]:animate-enter-pop"
        >
          <Primitive.Viewport>
            {options.map((option) => (
              <Primitive.Item
                key={option.value}
                value={option.value}
                className="relative flex cursor-default items-center rounded-md py-1.5 pr-8 pl-2 text-[13px] outline-none data-highlighted:bg-accent"
              >
                <Primitive.ItemText>{option.label}</Primitive.ItemText>
                <Primitive.ItemIndicator className="absolute right-2">
                  <Check className="size-4" />
                </Primitive.ItemIndicator>
              </Primitive.Item>
            ))}
          </Primitive.Viewport>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
