import type { Notifier } from "@fairlead/react";
import { Toaster, toast } from "sonner";
import { useTheme } from "@/lib/theme";

/** Shows what became of each change: one message per change, renewed as it goes on. */
export const notify: Notifier = {
  loading({ id, message }) {
    toast.loading(message, { id, action: null });
  },
  success({ id, message, undo }) {
    toast.success(message, { id, action: button("Undo", undo) });
  },
  error({ id, message, retry }) {
    toast.error(message, { id, action: button("Try again", retry), duration: 10_000 });
  },
};

function button(label: string, run: (() => Promise<void>) | null) {
  if (!run) return null;
  // What comes of it is told by a message of its own.
  return { label, onClick: () => void run() };
}

export function Toasts() {
  return (
    <Toaster
      theme={useTheme()}
      position="bottom-right"
      closeButton
      toastOptions={{
        classNames: {
          toast: "!border-border !bg-popover !text-foreground !font-sans !shadow-lg",
          description: "!text-muted-foreground",
          error: "[&_[data-icon]]:!text-danger",
          success: "[&_[data-icon]]:!text-success",
        },
      }}
    />
  );
}
