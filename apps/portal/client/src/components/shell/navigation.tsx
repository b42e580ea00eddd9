import { Link } from "@tanstack/react-router";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { pageGroups } from "./pages";

export function Navigation({
  compact = false,
  onNavigate,
}: {
  compact?: boolean;
  onNavigate?: () => void;
}) {
  return (
    <nav aria-label="Main" className="flex flex-col gap-5 px-3 py-4">
      {pageGroups.map((section) => (
        <div key={section.title}>
          <h2
            className={cn(
              "mb-1 px-2.5 text-xs font-medium text-muted-foreground",
              compact && "sr-only",
            )}
          >
            {section.title}
          </h2>
          <ul className="flex flex-col gap-0.5">
            {section.pages.map((item) => (
              <li key={item.to}>
                <Tooltip content={compact ? item.label : null} side="right">
                  <Link
                    to={item.to}
                    activeOptions={{ exact: item.to === "/", includeSearch: false }}
                    {...(onNavigate ? { onClick: onNavigate } : {})}
                    className={cn(
                      "relative flex h-9 items-center gap-2.5 rounded-md px-2.5 text-[13px] font-medium text-muted-foreground transition-colors hover:bg-accent hover:text-foreground",
                      "data-[status=active]:bg-primary/12 data-[status=active]:text-primary",
                      compact && "justify-center px-0",
                    )}
                  >
                    <item.icon aria-hidden="true" className="size-4 shrink-0" />
                    <span className={compact ? "sr-only" : undefined}>{item.label}</span>
                  </Link>
                </Tooltip>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

export function Brand({ compact = false }: { compact?: boolean }) {
  return (
    <Link
      to="/"
      aria-label="Fairlead Portal, to the overview"
      className="flex items-center gap-2.5 rounded-md"
    >
      <img src="/favicon.svg" alt="" className="size-7" />
      {compact ? null : (
        <span className="text-[15px] font-semibold tracking-tight">
          Fairlead <span className="font-normal text-muted-foreground">Portal</span>
        </span>
      )}
    </Link>
  );
}
