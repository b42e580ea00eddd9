/** The server's routes for signing in and out: plain HTTP, for a browser has to follow them. */
import * as z from "zod/mini";
import "@/components/form/zodWithoutEval";

const providers = z.object({
  providers: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      accounts: z.array(z.object({ hint: z.string(), label: z.string(), description: z.string() })),
    }),
  ),
  tokens: z.boolean(),
});

export type Provider = z.infer<typeof providers>["providers"][number];

export async function fetchProviders(): Promise<z.infer<typeof providers>> {
  const response = await fetch("/auth/providers");
  if (!response.ok) throw new Error("This portal runs without sign-in.");
  return providers.parse(await response.json());
}

/** Where the browser goes to sign in with a provider. */
export function signInAddress(provider: string, returnTo: string, hint?: string): string {
  const query = new URLSearchParams({ provider, return_to: returnTo });
  if (hint) query.set("login_hint", hint);
  return `/auth/sign-in?${query.toString()}`;
}

async function post(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  throw new Error(z.object({ message: z.string() }).parse(answer).message);
}

export async function signInWithToken(token: string): Promise<void> {
  await post("/auth/token", { token });
}

/** Ends the session; returns where the provider's own sign-out is, if it has one. */
export async function signOut(): Promise<string | null> {
  return z.object({ redirect: z.nullable(z.string()) }).parse(await post("/auth/sign-out", {}))
    .redirect;
}
