import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Drawer } from "./drawer";
import { EventList, type EventTarget } from "./events";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "./ui/tabs";
import { YamlView } from "./yamlView";

/** An object of the cluster as far as details of any kind need it. */
export type ShownObject = EventTarget;

export type DetailTab = {
  id: string;
  label: string;
  count?: number;
  content: ReactNode;
  /** Without it, the tab's content scrolls with the padding it brings itself. */
  fill?: boolean;
};

/** Tabs of one object's details, in the address: what the page adds, then its YAML and its events. */
export function DetailTabs({ tabs, object }: { tabs: readonly DetailTab[]; object: ShownObject }) {
  const { tab } = useSearch({ strict: false });
  const navigate = useNavigate();
  const all: readonly DetailTab[] = [
    ...tabs,
    { id: "yaml", label: "YAML", content: <YamlView object={object} /> },
    { id: "events", label: "Events", content: <EventList object={object} /> },
  ];
  const shown = all.find(({ id }) => id === tab)?.id ?? all[0]?.id ?? "";
  const show = (id: string) =>
    void navigate({
      to: ".",
      search: (previous) => ({ ...previous, tab: id === all[0]?.id ? undefined : id }),
      replace: true,
    });
  return (
    <Tabs value={shown} onValueChange={show} className="flex min-h-0 flex-1 flex-col">
      <TabsList className="px-5">
        {all.map(({ id, label, count }) => (
          <TabsTrigger key={id} value={id}>
            {label}
            {count === undefined ? null : (
              <span className="rounded bg-muted px-1.5 text-xs tabular-nums">{count}</span>
            )}
          </TabsTrigger>
        ))}
      </TabsList>
      {all.map(({ id, content, fill }) => (
        <TabsContent
          key={id}
          value={id}
          className={
            fill
              ? "flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden"
              : "scroll-thin min-h-0 flex-1 divide-y overflow-y-auto data-[state=inactive]:hidden"
          }
        >
          {content}
        </TabsContent>
      ))}
    </Tabs>
  );
}

/** The panel with one object's details, in tabs. Without an object it says that there is none. */
export function ResourceDrawer({
  id,
  kind,
  title,
  status,
  object,
  actions,
  tabs,
  wide = false,
  onClose,
}: {
  /** What is open, as `namespace/name`; nothing is when absent. */
  id: string | undefined;
  kind: string;
  title?: string | undefined;
  status?: ReactNode;
  object: ShownObject | undefined;
  actions?: ReactNode;
  tabs: readonly DetailTab[];
  /** More room, for logs and terminals. */
  wide?: boolean;
  onClose: () => void;
}) {
  const namespace = object?.metadata.namespace;
  return (
    <Drawer
      open={id !== undefined}
      onClose={onClose}
      wide={wide}
      title={title ?? object?.metadata.name ?? id ?? ""}
      subtitle={
        object ? (
          <>
            {status}
            <span>
              {kind}
              {namespace ? ` in ${namespace}` : null}
            </span>
          </>
        ) : (
          kind
        )
      }
      actions={object ? actions : null}
    >
      {object ? <DetailTabs tabs={tabs} object={object} /> : undefined}
    </Drawer>
  );
}
