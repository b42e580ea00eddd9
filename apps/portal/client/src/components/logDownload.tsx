import { toLiveError } from "@fairlead/react";
import { Download, LoaderCircle } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { client } from "@/app/client";
import { notify } from "@/app/notices";
import { Button } from "@/components/ui/button";

type Props = { name: string; namespace: string; container: string };

/** Saves all of a log that the cluster still has, however little of it the page shows. */
export function LogDownload({ name, namespace, container }: Props) {
  const [isBusy, setIsBusy] = useState(false);
  const running = useRef<{ unsubscribe(): void } | null>(null);
  useEffect(() => () => running.current?.unsubscribe(), []);
  const start = () => {
    const parts: string[] = [];
    setIsBusy(true);
    running.current = client.pods.logs.subscribe(
      { name, namespace, container: container || null, follow: false },
      {
        onData: ({ data }) => parts.push(`${data.lines.join("\n")}\n`),
        onComplete: () => {
          setIsBusy(false);
          save(`${name}-${container}.log`, parts);
        },
        onError: (cause) => {
          setIsBusy(false);
          const error = toLiveError(cause);
          const message = `The log could not be downloaded: ${error.message}`;
          notify.error({ id: "log-download", message, error, retry: null });
        },
      },
    );
  };
  return (
    <Button
      variant="ghost"
      size="icon-sm"
      aria-label="Download the log"
      aria-busy={isBusy}
      onClick={isBusy ? undefined : start}
    >
      {isBusy ? <LoaderCircle className="animate-spin" /> : <Download />}
    </Button>
  );
}

function save(file: string, parts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  link.click();
  URL.revokeObjectURL(url);
}
