import { Dialog as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { overlayClass } from "./dialog";
import { useReturnFocus } from "./useReturnFocus";

export const Sheet = Primitive.Root;
export const SheetTitle = Primitive.Title;
export const SheetDescription = Primitive.Description;

const sides = {
  right:
    "right-0 w-full max-w-xl border-l data-[state=open]:animate-enter-right data-[state=closed]:animate-leave-right",
  left: "left-0 w-72 border-r data-[state=open]:animate-enter-left data-[state=closed]:animate-leave-left",
};

export function SheetContent({
  side = "right",
  className,
  children,
  ...props
}: ComponentProps<typeof Primitive.Content> & { side?: keyof typeof sides }) {
  const returnFocus = useReturnFocus();
  return (
    <Primitive.Portal>
      <Primitive.Overlay className={overlayClass} />
      <Primitive.Content
        className={cn(
          "fixed inset-y-0 z-50 flex flex-col bg-popover shadow-2xl",
          sides[side],
          className,
        )}
        {...returnFocus}
        {...props}
      >
        {children}
      </Primitive.Content>
    </Primitive.Portal>
  );
}
