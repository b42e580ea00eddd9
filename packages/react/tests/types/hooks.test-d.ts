/** What the compiler must infer and refuse. Checked by `tsc`, never run. */
import {
  createResourceHooks,
  createUseWatchListHook,
  type ResourceObject,
  type UseCRUD,
  type UsePermissions,
  type UseWatchItem,
  type UseWatchList,
} from "@fairlead/react";
import type { TRPCClient } from "@trpc/client";
import { expectTypeOf } from "vitest";
import { widgetConfig } from "../client.js";
import type { Widget, WidgetDraft } from "../cluster.js";
import type { PeerRouter } from "../peer.js";

type Client = TRPCClient<PeerRouter>;

const hooks = createResourceHooks(widgetConfig, (client: Client) => client.widgets);

expectTypeOf(hooks.useWatchList).toEqualTypeOf<UseWatchList<Widget>>();
expectTypeOf(hooks.useWatchItem).toEqualTypeOf<UseWatchItem<Widget>>();
expectTypeOf(hooks.usePermissions).toEqualTypeOf<UsePermissions>();
expectTypeOf(hooks.useCRUD).toEqualTypeOf<UseCRUD<Widget, WidgetDraft>>();

export function ListTypes() {
  const list = hooks.useWatchList({ namespace: ["a", "b"] });
  expectTypeOf(list.items).toEqualTypeOf<readonly Widget[]>();
  expectTypeOf(list.byKey).toEqualTypeOf<ReadonlyMap<string, Widget>>();
  expectTypeOf(list.status).toEqualTypeOf<"loading" | "ready" | "error" | "denied">();

  const count = hooks.useWatchList({ select: (items) => items.length });
  expectTypeOf(count.data).toEqualTypeOf<number>();
  // @ts-expect-error: a selected list has what was selected and no more.
  count.items;
  // @ts-expect-error: no such option.
  hooks.useWatchList({ namespaces: "a" });
}

export function ItemTypes() {
  const item = hooks.useWatchItem({ name: "one" });
  expectTypeOf(item.item).toEqualTypeOf<Widget | undefined>();
  expectTypeOf(item.item?.spec.color).toEqualTypeOf<string | undefined>();
  // @ts-expect-error: an item has a name.
  hooks.useWatchItem({ namespace: "a" });
}

export function PermissionTypes() {
  const permissions = hooks.usePermissions();
  expectTypeOf(permissions.delete.state).toEqualTypeOf<"pending" | "allowed" | "denied">();
  // @ts-expect-error: not a verb.
  permissions.approve;
}

export function CRUDTypes() {
  const crud = hooks.useCRUD();
  expectTypeOf(crud.create.mutateAsync).returns.resolves.toEqualTypeOf<Widget>();
  expectTypeOf(crud.create.mutate).parameter(0).toEqualTypeOf<WidgetDraft>();
  crud.remove.mutate({ metadata: { name: "one", namespace: "a" } });
  // @ts-expect-error: a draft has a spec.
  crud.create.mutate({ metadata: { namespace: "a" } });
  // @ts-expect-error: a size is a number.
  crud.create.mutate({ metadata: { namespace: "a" }, spec: { size: "1" } });
  expectTypeOf(crud.conflict?.theirs).toEqualTypeOf<Widget | undefined>();
}

interface Row extends ResourceObject {
  title: string;
}

declare const viewClient: {
  rows: {
    list: {
      query(input: object): Promise<{ items: Row[]; metadata: { resourceVersion: string } }>;
    };
    watch: { subscribe(input: object, options: object): { unsubscribe(): void } };
  };
};

const useRows = createUseWatchListHook(widgetConfig, (client: typeof viewClient) => client.rows);
expectTypeOf(useRows).toEqualTypeOf<UseWatchList<Row>>();

// @ts-expect-error: not a resource router.
createResourceHooks(widgetConfig, (client: Client) => client.widgets.list);
// @ts-expect-error: a view cannot be written to.
createResourceHooks(widgetConfig, (client: typeof viewClient) => client.rows);
