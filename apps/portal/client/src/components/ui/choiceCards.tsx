import { RadioGroup } from "radix-ui";
import type { ComponentType } from "react";
import { cn } from "@/lib/cn";

export type Choice<Value extends string> = {
  value: Value;
  label: string;
  hint: string;
  icon: ComponentType<{ className?: string }>;
};

/** A radio group drawn as cards: for few choices that need a word of explanation. */
export function ChoiceCards<Value extends string>({
  label,
  value,
  choices,
  onChange,
  className,
}: {
  label: string;
  value: Value;
  choices: readonly Choice<Value>[];
  onChange: (value: Value) => void;
  className?: string;
}) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        const choice = choices.find((candidate) => candidate.value === next);
        if (choice) onChange(choice.value);
      }}
      className={cn("grid gap-2", className)}
    >
      {choices.map((choice) => (
        <RadioGroup.Item
          key={choice.value}
          value={choice.value}
          className="flex items-start gap-3 rounded-lg border border-input bg-card p-3 text-left transition-colors hover:bg-accent data-[state=checked]:border-primary data-[state=checked]:bg-primary/8 data-[state=checked]:ring-1 data-[state=checked]:ring-primary"
        >
          <choice.icon className="mt-0.5 size-4 shrink-0 text-primary" />
          <span className="min-w-0">
            <span className="block text-[13px] font-medium">{choice.label}</span>
            <span className="block text-xs text-muted-foreground">{choice.hint}</span>
          </span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
