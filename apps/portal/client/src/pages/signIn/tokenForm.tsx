import { LoaderCircle } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { signInWithToken } from "./api";

/** For those who have a token: of the provider, or of a service account. */
export function TokenForm({ returnTo }: { returnTo: string }) {
  const [open, setOpen] = useState(false);
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  if (!open) {
    return (
      <Button variant="link" size="sm" className="self-start" onClick={() => setOpen(true)}>
        Sign in with a token instead
      </Button>
    );
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setPending(true);
    setProblem(null);
    try {
      await signInWithToken(token);
      window.location.assign(safePath(returnTo));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setPending(false);
    }
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 border-t pt-4">
      <label htmlFor="token" className="text-[13px] font-medium">
        Bearer token
      </label>
      <Input
        id="token"
        type="password"
        autoComplete="off"
        required
        value={token}
        onChange={(event) => setToken(event.target.value)}
        aria-invalid={problem !== null}
        aria-describedby="token-hint"
      />
      <p id="token-hint" className="text-xs text-muted-foreground">
        A service account's or your provider's, such as <code>kubectl create token NAME</code>{" "}
        prints.
      </p>
      {problem ? (
        <p role="alert" className="text-[13px] text-danger">
          {problem}
        </p>
      ) : null}
      <Button type="submit" variant="primary" disabled={pending || token.trim() === ""}>
        {pending ? <LoaderCircle className="animate-spin" /> : null} Sign in
      </Button>
    </form>
  );
}

/** A place on this site, whatever stands in the address. */
function safePath(path: string): string {
  const url = new URL(path, window.location.origin);
  return url.origin === window.location.origin ? `${url.pathname}${url.search}${url.hash}` : "/";
}
