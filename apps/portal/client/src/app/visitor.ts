// As long as a session lasts that nobody uses, unless the server is told another time.
const SURE_MS = 8 * 3_600_000;
const STORAGE_KEY = "portal.signed-in";

/** Whether it is to be expected that somebody is signed in here: it was so a short while ago. */
export function expectsSignedIn(): boolean {
  try {
    const since = Number(localStorage.getItem(STORAGE_KEY));
    return Date.now() - since < SURE_MS;
  } catch {
    return false; // Blocked storage: the server is asked first, every time.
  }
}

/** Remembers for the next visit that somebody is signed in here, or nobody. */
export function rememberSignedIn(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(STORAGE_KEY, String(Date.now()));
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // As above.
  }
}
