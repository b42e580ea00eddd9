import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const badgeVariants = cva(
  "inline-flex max-w-full items-center gap-1 rounded-md border px-1.5 py-px text-xs font-medium whitespace-nowrap [&_svg]:size-3",
  {
    variants: {
      tone: {
        neutral: "border-border bg-muted text-muted-foreground",
        success: "border-success-fill/30 bg-success-fill/10 text-success",
        danger: "border-danger-fill/30 bg-danger-fill/10 text-danger",
        info: "border-info-fill/30 bg-info-fill/10 text-info",
        warning: "border-warning-fill/40 bg-warning-fill/12 text-warning",
        violet: "border-violet-fill/30 bg-violet-fill/10 text-violet",
      },
    },
    defaultVariants: { tone: "neutral" },
  },
);

export function Badge({
  className,
  tone,
  ...props
}: ComponentProps<"span"> & VariantProps<typeof badgeVariants>) {
  return <span className={cn(badgeVariants({ tone }), className)} {...props} />;
}
