import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";

const PaletteDialog = lazy(async () => {
  const { PaletteDialog } = await import("./paletteDialog");
  return { default: PaletteDialog };
});

/** The button that opens the command palette; Ctrl-K and Cmd-K do too, from anywhere. */
export function Palette() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const toggle = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpen((isOpen) => !isOpen);
    };
    document.addEventListener("keydown", toggle);
    return () => document.removeEventListener("keydown", toggle);
  }, []);
  return (
    <>
      <Button
        size="sm"
        aria-keyshortcuts="Control+K Meta+K"
        className="text-muted-foreground max-lg:w-8 max-lg:px-0 lg:min-w-52 lg:justify-start"
        onClick={() => setOpen(true)}
      >
        <Search />
        <span className="flex-1 text-left max-lg:sr-only">Search…</span>
        <span aria-hidden="true" className="max-lg:hidden">
          <kbd className="rounded border bg-muted px-1.5 text-[11px]">Ctrl K</kbd>
        </span>
      </Button>
      {open ? (
        <Suspense>
          <PaletteDialog onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
