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

export interface SignInLead {
  stop(): void;
  /** Stays on the page while it signs out by itself. Returns what ends that. */
  hold(): () => void;
}

/** Follows the connection. */
export function leadToSignIn(
  connection: Connection,
  kept: KeptInput,
  { page, navigate = (url) => window.location.assign(url) }: SignInPage,
): SignInLead {
  if (typeof window === "undefined") {
    return { stop: () => undefined, hold: () => () => undefined };
  }
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
  return {
    stop() {
      window.removeEventListener("pageshow", shown);
      stop();
    },
    hold() {
      if (gone) return () => undefined;
      gone = true;
      return () => {
        gone = false;
        look();
      };
    },
  };
}
