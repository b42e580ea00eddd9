import type { Permission } from "@fairlead/react";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { PermittedButton } from "./permittedButton";

/** Opens the page's form for a new object; the address says so, so that it can be linked. */
export function CreateButton({ permission, label }: { permission: Permission; label: string }) {
  const navigate = useNavigate();
  return (
    <PermittedButton
      permission={permission}
      variant="primary"
      onClick={() =>
        void navigate({ to: ".", search: (previous) => ({ ...previous, create: true }) })
      }
    >
      <Plus /> {label}
    </PermittedButton>
  );
}
