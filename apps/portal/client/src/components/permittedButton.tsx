import type { Permission } from "@fairlead/react";
import type { ComponentProps } from "react";
import { Button } from "./ui/button";
import { ChangingTooltip } from "./ui/tooltip";

/**
 * A button for something that needs a right. Without it, it stays focusable and says why it does
 * nothing: a disabled button could tell neither mouse nor keyboard.
 */
export function PermittedButton({
  permission,
  onClick,
  ...props
}: ComponentProps<typeof Button> & { permission: Permission }) {
  return (
    <ChangingTooltip content={explain(permission)} side="bottom">
      <Button
        {...props}
        {...(permission.allowed ? { onClick } : { "aria-disabled": "true" as const })}
      />
    </ChangingTooltip>
  );
}

/** Why the button does nothing; null where it does something. */
function explain(permission: Permission): string | null {
  if (permission.allowed) return null;
  if (permission.state === "pending") return "Checking what you may do here.";
  return permission.reason ?? "Your role does not allow this.";
}
