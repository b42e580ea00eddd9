import { Check, Copy } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "./ui/button";
import { Skeleton } from "./ui/skeleton";

// The writer is only fetched when somebody looks at YAML.
const YamlText = lazy(async () => {
  const { stringify } = await import("yaml");
  return {
    default: ({ object }: { object: object }) => {
      const text = stringify(withoutBookkeeping(object), { lineWidth: 0 });
      return (
        <>
          <CopyButton text={text} />
          <pre className="scroll-thin overflow-auto rounded-lg border bg-muted/60 p-3 font-mono text-xs leading-5">
            {text}
          </pre>
        </>
      );
    },
  };
});

/** An object as `kubectl get -o yaml` shows it, and as it changes. */
export function YamlView({ object }: { object: object }) {
  return (
    <div className="relative p-5">
      <Suspense fallback={<Skeleton className="h-64" />}>
        <YamlText object={object} />
      </Suspense>
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Button
      size="icon-sm"
      className="absolute top-7 right-7"
      aria-label={copied ? "Copied" : "Copy the YAML"}
      onClick={() => void copy()}
    >
      {copied ? <Check /> : <Copy />}
    </Button>
  );
}

/** Who last wrote which field is the cluster's bookkeeping, longer than all the rest together. */
function withoutBookkeeping(object: object): object {
  return JSON.parse(
    JSON.stringify(object, (key, value: unknown) => (key === "managedFields" ? undefined : value)),
  ) as object;
}
