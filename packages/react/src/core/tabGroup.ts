import type { Connection } from "./connection.js";
import type { WatchRegistry } from "./registry.js";

/** How the tabs of a browser find together; made by `createTabGroup` of `@fairlead/react/tabs`. */
export interface TabGroup {
  /** Called by `createFairlead`. Returns what leaves the group. */
  attach(target: TabTarget): () => void;
  isLeader(): boolean;
}

/** What a tab brings into the group. */
export interface TabTarget {
  readonly client: unknown;
  readonly connection: Connection;
  readonly registry: WatchRegistry;
}
