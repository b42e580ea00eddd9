/** Signing in as people do: on the portal's page, as one of the development personas. */
import type { Cookie, Page } from "playwright-core";

export type Persona = "admin" | "developer" | "viewer" | "nobody";

/** Sessions of earlier visits, by portal and persona: who comes again is still signed in. */
const sessions = new Map<string, Cookie[]>();

/**
 * Opens a page; whoever is not signed in is led to the sign-in page, and back again. Visits share a session for each
 * persona; `fresh` is for those that are about the session itself.
 */
export async function openSignedIn(
  page: Page,
  url: string,
  persona: Persona,
  { fresh = false } = {},
): Promise<void> {
  const { origin } = new URL(url);
  const key = `${persona} ${origin}`;
  if (!fresh) await page.context().addCookies(sessions.get(key) ?? []);
  await page.goto(url);
  const choice = page.getByTestId(`persona-${persona}`);
  await choice.or(page.getByTestId("connection")).first().waitFor();
  if (await choice.isVisible()) await choice.click();
  await page.getByTestId("connection").first().waitFor();
  if (!fresh) sessions.set(key, await page.context().cookies(origin));
}
