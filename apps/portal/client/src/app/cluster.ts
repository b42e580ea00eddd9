/**
 * The cluster that this page is about, as its address names it; null for the server's first one. It holds for as long
 * as the page is loaded: another cluster is another page, so that nothing of the one ever shows in the other.
 */
export const cluster: string | null = readCluster(
  new URLSearchParams(window.location.search).get("cluster"),
);

/** A name that cannot be a header is none, as a mangled address is none. */
function readCluster(name: string | null): string | null {
  return name !== null && /^[\x21-\x7e]+$/.test(name) ? name : null;
}

/** For links: says over HTTP which cluster the calls are about. */
export const clusterHeaders: { [name: string]: string } =
  cluster === null ? {} : { "x-fairlead-cluster": cluster };

/** The same for a socket. */
export const clusterParams: { [name: string]: string } = cluster === null ? {} : { cluster };

/** Where the same page of another cluster is. What is open or filtered by namespace stays behind. */
export function addressIn(name: string, { pathname, search }: Location): string {
  const kept = new URLSearchParams(search);
  for (const key of ["ns", "open", "tab", "task", "create"]) kept.delete(key);
  kept.set("cluster", name);
  const [, page = ""] = pathname.split("/");
  return `/${page}?${kept.toString()}`;
}
