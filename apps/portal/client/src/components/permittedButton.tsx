import type { Permission } from "@fairlead/react";
import type { ComponentProps } from "react";
import { Button } from "./ui/button";
import { Tooltip } from "./ui/tooltip";

/**
 * A button for something that needs a right. Without it, it stays focusable and says why it does
 * nothing: a disabled button could tell neither mouse nor keyboard.
 */
export function PermittedButton({
  permission,
  onClick,
  ...props
}: ComponentProps<typeof Button> & { permission: Permission }) {
  if (permission.allowed) return <Button onClick={onClick} {...props} />;
  const reason =
    permission.state === "pending"
      ? "Checking what you may do here."
      : (permission.reason ?? "Your role does not allow this.");
  return (
    <Tooltip content={reason} side="bottom">
      <Button aria-disabled="true" {...props} />
    </Tooltip>
  );
}
