import {
  type ButtonHTMLAttributes,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  useId,
} from "react";
import type { Permission } from "../core/index.js";

export interface PermissionButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  "data-permission": Permission["state"];
}

export interface ButtonWithPermissionProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly permission: Permission;
  /** A reason of the application's own to refuse, such as a protected object; it beats the permission. */
  readonly blockedReason?: string | null | undefined;
  /** Renders another button than `<button>`. The props must all be passed on. */
  readonly render?: (props: PermissionButtonProps) => ReactElement;
  /** Shows the reason near the button; by default it is visually hidden, and the button's title. */
  readonly renderReason?: (reason: string, id: string) => ReactNode;
}

const visuallyHidden = {
  position: "absolute",
  width: 1,
  height: 1,
  margin: -1,
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
} as const;

function refusalOf(
  permission: Permission,
  blockedReason: string | null | undefined,
): string | null {
  if (blockedReason) return blockedReason;
  if (permission.state === "pending") return "Checking permission";
  return permission.allowed ? null : (permission.reason ?? "You do not have permission to do this");
}

/**
 * A button that only works when allowed, and says why when not. It stays focusable while refused, so
 * that the reason can be read with a keyboard and a screen reader.
 */
export function ButtonWithPermission({
  permission,
  blockedReason,
  render = (props) => <button {...props} />,
  renderReason,
  onClick,
  children,
  ...rest
}: ButtonWithPermissionProps) {
  const reasonId = useId();
  const refusal = refusalOf(permission, blockedReason);
  const handleClick = (event: MouseEvent<HTMLButtonElement>) => {
    if (refusal === null) onClick?.(event);
    else event.preventDefault();
  };
  const describedBy = [rest["aria-describedby"], refusal && reasonId].filter(Boolean).join(" ");
  const button = render({
    type: "button",
    ...rest,
    onClick: handleClick,
    children,
    "data-permission": permission.state,
    ...(refusal === null ? {} : { "aria-disabled": true, title: refusal }),
    ...(describedBy ? { "aria-describedby": describedBy } : {}),
  });
  const reason = (text: string) =>
    renderReason?.(text, reasonId) ?? (
      <span id={reasonId} style={visuallyHidden}>
        {text}
      </span>
    );
  return (
    <>
      {button}
      {refusal !== null && reason(refusal)}
    </>
  );
}

export interface CanProps {
  readonly permission: Permission;
  readonly children: ReactNode;
  /** Shown when denied. */
  readonly fallback?: ReactNode | ((reason: string | null) => ReactNode);
  /** Shown while not known. */
  readonly pending?: ReactNode;
}

/** Shows its children only to who may. */
export function Can({ permission, children, fallback = null, pending = null }: CanProps) {
  if (permission.state === "pending") return <>{pending}</>;
  if (permission.allowed) return <>{children}</>;
  return <>{typeof fallback === "function" ? fallback(permission.reason) : fallback}</>;
}
