"""`drift.js`, its types, and `manifest.js`: how a client notices that the server serves other types."""

import json
from importlib import resources

from fairlead.codegen.drift import make_manifest
from fairlead.codegen.nodes import Application
from fairlead.codegen.router_types import HEADER

_TYPES = """import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** How the types of a server differ from those that this package was generated from. */
export type Drift = {
  /** The digest of this package's types, `schemaHash`. */
  readonly client: string;
  /** The digest of the types that the server serves. */
  readonly server: string;
  /** Does the server tell differences? */
  readonly development: boolean;
  /** One sentence for each difference; none in production. */
  readonly differences: readonly string[];
  /** Paths of the procedures whose calls may go wrong. */
  readonly affected: readonly string[];
};

type $Operation = { readonly path: string };

/** For a link's `headers`: says which types the calls were written against. */
export declare function fairleadHeaders(options?: {
  readonly op?: $Operation;
  readonly opList?: readonly $Operation[];
}): { "fairlead-schema": string };

/** For a socket's or an event stream's `connectionParams`. */
export declare function fairleadConnectionParams(): { fairleadSchema: string };

/** Asks the server at `url` (where the API is mounted) which types it serves; null when they are the same. */
export declare function checkDrift(url: string): Promise<Drift | null>;

/** What differs, one sentence a line. */
export declare function describeDrift(drift: Drift): string;

/** Tells the console; in development also the page, in a box at its lower edge. */
export declare function showDrift(drift: Drift): void;

/**
 * A link that notices a server of other types: by what it answers over HTTP, and, where `url` says
 * where the API is mounted, by asking it whenever a subscription starts on a new connection. `onDrift`
 * (by default `showDrift`) is called once for each version of the server.
 */
export declare function driftLink<TRouter extends AnyTRPCRouter>(options?: {
  readonly url?: string;
  readonly onDrift?: (drift: Drift) => void;
}): TRPCLink<TRouter>;
"""


def drift_js(app: Application) -> str:
    """The digests, and the functions that send and compare them."""
    runtime = resources.files("fairlead.codegen").joinpath("drift_runtime.js")
    routers = json.dumps(dict(app.fingerprints.routers), indent=2)
    return (
        f'{HEADER}import {{ tap }} from "@trpc/server/observable";\n'
        'import { schemaHash } from "./index.js";\n\n'
        f"const routerHashes = {routers};\n" + runtime.read_text(encoding="utf-8")
    )


def drift_dts() -> str:
    """Their types."""
    return f"{HEADER}{_TYPES}"


def manifest_js(app: Application) -> str:
    """Loaded only when types differ, and only in development."""
    text = json.dumps(make_manifest(app), indent=0, ensure_ascii=False)
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"{HEADER}export const manifest = {text};\n"
