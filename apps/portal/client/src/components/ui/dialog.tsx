import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";
import { focusFirst } from "./firstFocus";
import { useReturnFocus } from "./useReturnFocus";

export const Dialog = Primitive.Root;
export const DialogTrigger = Primitive.Trigger;
export const DialogClose = Primitive.Close;

export const overlayClass =
  "fixed inset-0 z-50 bg-overlay backdrop-blur-[1px] data-[state=open]:animate-enter-fade data-[state=closed]:animate-leave-fade";

export function CloseButton() {
  return (
    <Primitive.Close asChild>
      <Button variant="ghost" size="icon-sm" aria-label="Close" className="text-muted-foreground">
        <X />
      </Button>
    </Primitive.Close>
  );
}

export function DialogContent({
  title,
  description,
  className,
  children,
  ...props
}: Omit<ComponentProps<typeof Primitive.Content>, "title"> & {
  title: string;
  description: ReactNode;
}) {
  const returnFocus = useReturnFocus();
  return (
    <Primitive.Portal>
      <Primitive.Overlay className={overlayClass} />
      <Primitive.Content
        className={cn(
          "fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-lg -translate-1/2 flex-col overflow-hidden rounded-xl border bg-popover shadow-2xl data-[state=open]:animate-enter-pop data-[state=closed]:animate-leave-fade",
          className,
        )}
        {...returnFocus}
        onOpenAutoFocus={(event) => {
          returnFocus.onOpenAutoFocus();
          focusFirst(event);
        }}
        {...props}
      >
        <header className="flex items-start justify-between gap-4 border-b px-6 py-4">
          <div>
            <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
            <Primitive.Description className="text-[13px] text-muted-foreground">
              {description}
            </Primitive.Description>
          </div>
          <CloseButton />
        </header>
        {children}
      </Primitive.Content>
    </Primitive.Portal>
  );
}
