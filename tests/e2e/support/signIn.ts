/** Signing in as people do: on the portal's page, as one of the development personas. */
import type { Page } from "playwright-core";

export type Persona = "admin" | "developer" | "viewer" | "nobody";

/** Opens a page; whoever is not signed in is led to the sign-in page, and back again. */
export async function openSignedIn(page: Page, url: string, persona: Persona): Promise<void> {
  await page.goto(url);
  const choice = page.getByTestId(`persona-${persona}`);
  await choice.or(page.getByTestId("connection")).first().waitFor();
  if (await choice.isVisible()) await choice.click();
  await page.getByTestId("connection").first().waitFor();
}
