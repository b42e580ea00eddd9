import type { Accessor, ResourceConfig } from "./wire.js";

/** A kind as served by one router. */
export interface Resource {
  readonly config: ResourceConfig;
  /** Where the router is in the client: `["codebases"]`. */
  readonly path: readonly string[];
  readonly id: string;
}

function recordPath(path: string[]): unknown {
  return new Proxy(
    {},
    {
      get(_target, key) {
        if (typeof key === "string") path.push(key);
        return recordPath(path);
      },
    },
  );
}

/**
 * Names a kind for caches. The accessor is run once on a recording proxy, so it must be a plain property
 * path: `(client) => client.codebases`.
 */
export function describeResource<C, P>(config: ResourceConfig, accessor: Accessor<C, P>): Resource {
  const path: string[] = [];
  // The accessor only reads properties, which the recorder answers whatever the client's type.
  accessor(recordPath(path) as C);
  const { group, version, pluralName } = config;
  return { config, path, id: `${group}/${version}/${pluralName}@${path.join(".")}` };
}
