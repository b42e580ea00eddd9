
/** For a link's `headers`: says which types the calls were written against. */
export const fairleadHeaders = ({ op, opList } = {}) => {
  const paths = (opList ?? (op ? [op] : [])).map(({ path }) => path.replace(/\.?[^.]*$/, ""));
  const routers = [...new Set(paths)].filter((path) => Object.hasOwn(routerHashes, path));
  return {
    "fairlead-schema": [schemaHash, ...routers.map((path) => `${path}=${routerHashes[path]}`)].join(";"),
  };
};

/** For a socket's or an event stream's `connectionParams`. */
export const fairleadConnectionParams = () => ({ fairleadSchema: schemaHash });

/** Asks the server at `url` (where the API is mounted) which types it serves; null when they are the same. */
export const checkDrift = async (url) => {
  const place = `${url.replace(/\/$/, "")}/-/schema`;
  const answer = await fetch(place);
  if (!answer.ok) return null;
  const { hash, development } = await answer.json();
  if (hash === schemaHash) return null;
  const drift = { client: schemaHash, server: hash, development, differences: [], affected: [] };
  if (!development) return drift;
  const { manifest } = await import("./manifest.js");
  const told = await fetch(place, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(manifest),
  });
  return told.ok ? { ...drift, ...(await told.json()), client: schemaHash, server: hash } : drift;
};

/** What differs, one sentence a line. */
export const describeDrift = ({ client, server, differences, affected }) =>
  [
    `This page was generated from other types (${client}) than the server serves (${server}).`,
    ...differences,
    ...(affected.length > 0 ? [`Affected: ${affected.join(", ")}`] : []),
    "Run `fairlead generate`, or reload the page when it was built anew.",
  ].join("\n");

/** Tells the console; in development also the page, in a box at its lower edge. */
export const showDrift = (drift) => {
  const text = describeDrift(drift);
  console.warn(text);
  if (!drift.development || typeof document === "undefined") return;
  document.querySelector("[data-fairlead-drift]")?.remove();
  const box = document.createElement("aside");
  box.dataset.fairleadDrift = drift.server;
  box.setAttribute("role", "alert");
  // Set one by one: a Content-Security-Policy forbids style attributes, not these.
  Object.assign(box.style, {
    position: "fixed",
    inset: "auto 1rem 1rem",
    zIndex: "2147483647",
    maxHeight: "40vh",
    overflow: "auto",
    padding: "0.75rem 1rem",
    borderRadius: "0.5rem",
    border: "1px solid #b45309",
    background: "#fffbeb",
    color: "#451a03",
    font: "13px/1.5 ui-monospace, monospace",
    whiteSpace: "pre-wrap",
    boxShadow: "0 8px 24px rgb(0 0 0 / 0.2)",
  });
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Dismiss";
  close.addEventListener("click", () => box.remove());
  Object.assign(close.style, { float: "right", marginLeft: "1rem", textDecoration: "underline" });
  box.append(close, text);
  document.body.append(box);
};

/**
 * A link that notices a server of other types: by what it answers over HTTP, and by asking it whenever a
 * subscription starts on a new connection. `onDrift` is called once for each version of the server.
 */
export const driftLink = ({ url, onDrift = showDrift } = {}) => {
  const seen = new Set();
  let checked = false;
  const check = async (place) => {
    try {
      const drift = await checkDrift(place);
      if (drift !== null && !seen.has(drift.server)) {
        seen.add(drift.server);
        onDrift(drift);
      }
    } catch (error) {
      console.debug("The server did not say which types it serves", error);
    }
  };
  const read = (response) => {
    const served = response?.headers?.get?.("fairlead-schema");
    if (!served || seen.has(served) || served === schemaHash) return;
    const place = url ?? response.url.split("?")[0].replace(/\/[^/]*$/, "");
    void check(place);
  };
  return () =>
    ({ next, op }) =>
      next(op).pipe(
        tap({
          next({ context, result }) {
            read(context?.response);
            if (result.type === "state") checked &&= result.state === "pending";
            if (result.type !== "started" || checked || url === undefined) return;
            checked = true;
            void check(url);
          },
          error(cause) {
            read(cause?.meta?.response);
          },
        }),
      );
};
