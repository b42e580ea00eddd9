import { Tooltip as Primitive } from "radix-ui";
import { type ComponentProps, type ReactElement, type ReactNode, useState } from "react";

export const TooltipProvider = Primitive.Provider;

/** Shows `content` beside its child on hover and on keyboard focus; nothing when there is none. */
export function Tooltip({
  content,
  side = "top",
  children,
}: {
  content: ReactNode;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactElement;
}) {
  if (content === null || content === undefined || content === "") return children;
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{children}</Primitive.Trigger>
      <TooltipContent side={side}>{content}</TooltipContent>
    </Primitive.Root>
  );
}

/** The same where `content` comes and goes: its child stays the same element, and keeps its focus. */
export function ChangingTooltip({
  content,
  side = "top",
  children,
}: {
  content: string | null;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactElement;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Primitive.Root open={open && content !== null} onOpenChange={setOpen}>
      <Primitive.Trigger asChild>{children}</Primitive.Trigger>
      {content !== null && <TooltipContent side={side}>{content}</TooltipContent>}
    </Primitive.Root>
  );
}

/** The box itself. */
export function TooltipContent({ children, ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        {...props}
        sideOffset={6}
        collisionPadding={8}
        className="z-[60] max-w-xs rounded-md bg-foreground px-2.5 py-1.5 text-xs text-balance text-background shadow-md data-[state=delayed-open]:animate-enter-fade"
      >
        {children}
        <Primitive.Arrow className="fill-foreground" />
      </Primitive.Content>
    </Primitive.Portal>
  );
}
