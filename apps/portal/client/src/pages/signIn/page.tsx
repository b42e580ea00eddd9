import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronRight, KeyRound, LogIn } from "lucide-react";
import { Skeleton } from "@/components/ui/skeleton";
import { fetchProviders, type Provider, signInAddress } from "./api";
import { TokenForm } from "./tokenForm";

const route = getRouteApi("/sign-in");

const problems: { readonly [problem: string]: string } = {
  denied: "The identity provider did not let you in.",
  expired: "That sign-in was begun too long ago, or in another browser. Please try again.",
  failed: "The identity provider's answer was not good. The server's log says why.",
  unavailable: "The identity provider cannot be reached just now. Please try again.",
};

/** Where people choose how to sign in. */
export function SignInPage() {
  const { return_to: returnTo = "/", problem } = route.useSearch();
  const { data, error } = useQuery({
    queryKey: ["auth", "providers"],
    queryFn: fetchProviders,
    retry: 2,
  });
  return (
    <main className="grid min-h-full place-items-center overflow-y-auto bg-background p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5">
          <img src="/favicon.svg" alt="" className="size-9" />
          <h1 className="text-xl font-semibold tracking-tight">
            Fairlead <span className="font-normal text-muted-foreground">Portal</span>
          </h1>
        </div>
        <section className="flex flex-col gap-4 rounded-xl border bg-card p-6 shadow-sm">
          <div>
            <h2 className="font-semibold">Sign in</h2>
            <p className="text-[13px] text-muted-foreground">
              {returnTo === "/"
                ? "Choose how to sign in."
                : "You come back to where you were afterwards."}
            </p>
          </div>
          {problem ? (
            <p
              role="alert"
              className="rounded-md border border-danger-fill/30 bg-danger-fill/10 px-3 py-2 text-[13px] text-danger"
            >
              {problems[problem] ?? problems["failed"]}
            </p>
          ) : null}
          {error ? (
            <p role="alert" className="text-[13px] text-danger">
              {error.message}
            </p>
          ) : null}
          {data ? (
            <>
              {data.providers.map((provider) => (
                <ProviderChoice key={provider.name} provider={provider} returnTo={returnTo} />
              ))}
              {data.tokens ? <TokenForm returnTo={returnTo} /> : null}
            </>
          ) : error ? null : (
            <Skeleton className="h-40" />
          )}
        </section>
      </div>
    </main>
  );
}

const choiceClass =
  "flex items-center gap-3 rounded-lg border border-input bg-card px-3 py-2.5 text-left transition-colors hover:border-ring hover:bg-accent";

function ProviderChoice({ provider, returnTo }: { provider: Provider; returnTo: string }) {
  if (provider.accounts.length === 0) {
    return (
      <a href={signInAddress(provider.name, returnTo)} className={choiceClass}>
        <LogIn aria-hidden="true" className="size-4 text-primary" />
        <span className="flex-1 text-sm font-medium">Continue with {provider.label}</span>
        <ChevronRight aria-hidden="true" className="size-4 text-muted-foreground" />
      </a>
    );
  }
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-center gap-1.5 text-xs font-medium text-muted-foreground">
        <KeyRound aria-hidden="true" className="size-3.5" /> {provider.label}
      </p>
      <ul className="flex flex-col gap-2">
        {provider.accounts.map((account) => (
          <li key={account.hint}>
            <a
              href={signInAddress(provider.name, returnTo, account.hint)}
              data-testid={`persona-${account.hint}`}
              className={choiceClass}
            >
              <span
                aria-hidden="true"
                className="flex size-9 shrink-0 items-center justify-center rounded-full bg-primary/15 text-xs font-semibold text-primary"
              >
                {account.label
                  .split(" ")
                  .map((word) => word.charAt(0))
                  .join("")}
              </span>
              <span className="min-w-0 flex-1 leading-tight">
                <span className="block text-sm font-medium">{account.label}</span>
                <span className="block text-xs text-muted-foreground">{account.description}</span>
              </span>
              <ChevronRight aria-hidden="true" className="size-4 text-muted-foreground" />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
