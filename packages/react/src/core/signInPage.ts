/** Leading to the sign-in page when the session has ended: once, and back to the same place. */
import type { Connection } from "./connection.js";
import type { KeptInput } from "./keptInput.js";

export interface SignInPage {
  /** Path of the application's sign-in page. */
  readonly page: string;
  /** Goes to a URL; a whole new page load, so that nothing of the old session stays. */
  readonly navigate?: (url: string) => void;
}

/** The place one is at, with filters and all, as `return_to` wants it. */
function here(): string {
  const { pathname, search, hash } = window.location;
  return `${pathname}${search}${hash}`;
}

/** The sign-in page, set to lead back to `returnTo`. */
export function signInUrl(page: string, returnTo: string, problem?: string): string {
  const query = new URLSearchParams({ return_to: returnTo });
  if (problem) query.set("problem", problem);
  return `${page}?${query.toString()}`;
}

/** Follows the connection. Returns what stops it. */
export function leadToSignIn(
  connection: Connection,
  kept: KeptInput,
  { page, navigate = (url) => window.location.assign(url) }: SignInPage,
): () => void {
  if (typeof window === "undefined") return () => undefined;
  let gone = false;
  const look = () => {
    if (gone || connection.getState().state !== "signedOut") return;
    if (window.location.pathname === page) return;
    gone = true;
    kept.save();
    navigate(signInUrl(page, here()));
  };
  // The browser may show a page again as it was left ("Back"): then ask anew who is signed in.
  const shown = (event: PageTransitionEvent) => {
    if (event.persisted) window.location.reload();
  };
  window.addEventListener("pageshow", shown);
  const stop = connection.subscribe(look);
  look();
  return () => {
    window.removeEventListener("pageshow", shown);
    stop();
  };
}
