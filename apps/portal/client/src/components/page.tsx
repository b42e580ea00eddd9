import { type ReactNode, useEffect } from "react";

/** What the browser's tab is called. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Fairlead Portal`;
  }, [title]);
}

/** A page's heading, its actions, and the browser tab's title. */
export function PageHeader({
  title,
  description,
  children,
}: {
  title: string;
  description: string;
  children?: ReactNode;
}) {
  useTitle(title);
  return (
    <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 pt-5 pb-4 sm:px-6">
      <div className="min-w-0">
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        <p className="text-[13px] text-muted-foreground">{description}</p>
      </div>
      {children ? <div className="flex items-center gap-2">{children}</div> : null}
    </header>
  );
}

/** The frame of a page that is one big table: it fills the window and scrolls inside. */
export function TableFrame({ toolbar, children }: { toolbar: ReactNode; children: ReactNode }) {
  return (
    <section className="mx-4 mb-4 flex min-h-0 flex-1 flex-col overflow-hidden rounded-xl border bg-card shadow-xs sm:mx-6 sm:mb-6">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2.5">{toolbar}</div>
      {children}
    </section>
  );
}
