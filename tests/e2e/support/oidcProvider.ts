/** A certified OpenID Connect provider that nobody here wrote: rotating refresh tokens, tokens of a few seconds. */
import { createServer, type Server } from "node:http";
import Provider from "oidc-provider";
import type { Page } from "playwright-core";
import { findPort } from "./processes.ts";

export interface RunningProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How often a refresh token was used up. */
  readonly refreshes: () => number;
  /** What the provider complained about: among others, a refresh token that came twice. */
  readonly complaints: string[];
  stop(): Promise<void>;
}

export const tokenSeconds = 4;

export async function startProvider(portal: string): Promise<RunningProvider> {
  const port = await findPort();
  const issuer = `http://127.0.0.1:${port}`;
  const clientId = "portal";
  const clientSecret = "a secret of this test only";
  const complaints: string[] = [];
  let refreshes = 0;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [`${portal}/auth/callback/oidc`],
        post_logout_redirect_uris: [`${portal}/`],
        backchannel_logout_uri: `${portal}/auth/back-channel/oidc`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { profile: ["name"], groups: ["groups"] },
    scopes: ["openid", "profile", "groups"],
    conformIdTokenClaims: false,
    cookies: { keys: ["only for this test"] },
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
    // Its own guard lets no request out to this machine, where the portal is.
    fetch: (url, { method, headers, body } = {}) =>
      fetch(url, { method: method ?? "GET", headers: headers ?? {}, body: body ?? null }),
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `The ${id}`, groups: ["portal-people"] }),
    }),
    issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: tokenSeconds,
      IdToken: tokenSeconds,
      RefreshToken: 600,
      Session: 600,
      Grant: 600,
    },
  });
  provider.on("refresh_token.consumed", () => {
    refreshes += 1;
  });
  provider.on("grant.error", (_, error) => complaints.push(`grant: ${error.error_detail}`));
  provider.on("backchannel.error", (_, error) => complaints.push(`back channel: ${error.message}`));
  provider.on("server_error", (_, error) => complaints.push(error.message));
  const server: Server = createServer(provider.callback());
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    issuer,
    clientId,
    clientSecret,
    refreshes: () => refreshes,
    complaints,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Fills in the provider's own pages: who, and that the portal may know it. */
export async function signInAtProvider(page: Page, login: string): Promise<void> {
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill("anything");
  for (const prompt of ["login", "consent"]) {
    // Each is a page of its own: who presses too soon sends the first one twice, and is turned away.
    const form = page.locator("form", {
      has: page.locator(`input[name="prompt"][value="${prompt}"]`),
    });
    await form.locator('button[type="submit"]').click();
  }
}
