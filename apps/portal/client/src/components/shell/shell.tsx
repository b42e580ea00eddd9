import { Outlet, useLocation } from "@tanstack/react-router";
import { Menu, PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Palette } from "@/components/palette/palette";
import { Button } from "@/components/ui/button";
import { Hints } from "@/components/ui/hints";
import { Sheet, SheetContent, SheetDescription, SheetTitle } from "@/components/ui/sheet";
import { TooltipProvider } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { ClusterSwitch } from "./clusterSwitch";
import { ConnectionBadge } from "./connectionBadge";
import { NamespaceSwitch } from "./namespaceSwitch";
import { Brand, Navigation } from "./navigation";
import { ThemeMenu } from "./themeMenu";
import { UserBadge } from "./userBadge";
import { useStoredFlag } from "./useStoredFlag";

export function Shell() {
  const [compact, setCompact] = useStoredFlag("portal.sidebar.compact");
  const [menuOpen, setMenuOpen] = useState(false);
  const main = useFocusOnNavigation();
  return (
    <TooltipProvider delayDuration={250}>
      <a
        href="#main"
        className="fixed top-2 left-2 z-[70] -translate-y-16 rounded-md bg-primary px-3 py-2 text-sm font-medium text-primary-foreground focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="flex h-full">
        <aside
          className={cn(
            "hidden shrink-0 flex-col border-r bg-sidebar transition-[width] duration-150 md:flex",
            compact ? "w-16" : "w-60",
          )}
        >
          <div
            className={cn("flex h-14 items-center border-b px-4", compact && "justify-center px-0")}
          >
            <Brand compact={compact} />
          </div>
          <div className="scroll-thin flex-1 overflow-y-auto">
            <Navigation compact={compact} />
          </div>
          <div className={cn("flex px-4 py-3", compact && "justify-center px-0")}>
            <UserBadge compact={compact} />
          </div>
          <div className={cn("flex border-t p-2", compact && "justify-center")}>
            <Button
              variant="ghost"
              size="sm"
              className="text-muted-foreground"
              aria-label={compact ? "Expand sidebar" : "Collapse sidebar"}
              onClick={() => setCompact(!compact)}
            >
              {compact ? <PanelLeftOpen /> : <PanelLeftClose />}
              {compact ? null : "Collapse"}
            </Button>
          </div>
        </aside>
        <div className="flex min-w-0 flex-1 flex-col">
          <header className="flex h-14 shrink-0 items-center gap-2 border-b bg-card px-3 sm:px-5">
            <Button
              variant="ghost"
              size="icon"
              className="md:hidden"
              aria-label="Open menu"
              onClick={() => setMenuOpen(true)}
            >
              <Menu />
            </Button>
            <ClusterSwitch />
            <NamespaceSwitch />
            <div className="ml-auto flex items-center gap-1.5">
              <Palette />
              <ConnectionBadge />
              <ThemeMenu />
            </div>
          </header>
          <main
            ref={main}
            id="main"
            tabIndex={-1}
            className="flex min-h-0 flex-1 flex-col outline-none"
          >
            <Outlet />
          </main>
        </div>
      </div>
      <Sheet open={menuOpen} onOpenChange={setMenuOpen}>
        <SheetContent side="left" className="bg-sidebar">
          <SheetTitle className="sr-only">Menu</SheetTitle>
          <SheetDescription className="sr-only">Pages of the portal</SheetDescription>
          <div className="flex h-14 items-center border-b px-4">
            <Brand />
          </div>
          <div className="flex-1">
            <Navigation onNavigate={() => setMenuOpen(false)} />
          </div>
          <div className="flex border-t px-4 py-3">
            <UserBadge />
          </div>
        </SheetContent>
      </Sheet>
      <Hints />
    </TooltipProvider>
  );
}

/** Moves the focus to the new page, so that a screen reader starts there and not in the menu. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
