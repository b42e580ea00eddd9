import { Toaster } from "sonner";
import { useTheme } from "@/lib/theme";

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
