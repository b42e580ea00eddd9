import { AlertDialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button";
import { overlayClass } from "./dialog";
import { useReturnFocus } from "./useReturnFocus";

export type ConfirmProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  action: string;
  onConfirm: () => void;
  children?: ReactNode;
};

/** Asks before something that cannot be undone. Focus starts on Cancel, so that Enter is harmless. */
export function ConfirmDialog(props: ConfirmProps) {
  const returnFocus = useReturnFocus();
  return (
    <Primitive.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className={overlayClass} />
        <Primitive.Content
          {...returnFocus}
          className="fixed top-1/2 left-1/2 z-50 flex w-[calc(100vw-2rem)] max-w-md -translate-1/2 flex-col gap-4 rounded-xl border bg-popover p-6 shadow-2xl data-[state=open]:animate-enter-pop data-[state=closed]:animate-leave-fade"
        >
          <div className="flex flex-col gap-1.5">
            <Primitive.Title className="text-base font-semibold">{props.title}</Primitive.Title>
            <Primitive.Description className="text-sm text-muted-foreground">
              {props.description}
            </Primitive.Description>
          </div>
          {props.children}
          <div className="flex justify-end gap-2">
            <Primitive.Cancel asChild>
              <Button>Cancel</Button>
            </Primitive.Cancel>
            <Primitive.Action asChild>
              <Button variant="danger" onClick={props.onConfirm}>
                {props.action}
              </Button>
            </Primitive.Action>
          </div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
