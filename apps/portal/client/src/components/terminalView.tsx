import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { RotateCw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";

type Props = { name: string; namespace: string; containers: readonly string[] };

/** A shell in a container. */
export function TerminalView({ name, namespace, containers }: Props) {
  const [container, setContainer] = useState(containers[0] ?? "");
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState("connecting");
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-2 border-b px-3 py-2">
        {containers.length > 1 ? (
          <Select
            aria-label="Container"
            className="h-8 w-36 text-[13px]"
            value={container}
            onValueChange={setContainer}
            options={containers.map((value) => ({ value, label: value }))}
          />
        ) : (
          <span className="text-[13px] text-muted-foreground">{container}</span>
        )}
        <span role="status" className="ml-auto text-xs text-muted-foreground">
          {state}
        </span>
        <Button size="sm" onClick={() => setAttempt(attempt + 1)}>
          <RotateCw /> New shell
        </Button>
      </div>
      <div className="min-h-0 flex-1 bg-[#0d1117] p-2">
        <Shell
          key={`${container} ${attempt}`}
          name={name}
          namespace={namespace}
          container={container}
          onState={setState}
        />
      </div>
    </div>
  );
}

function Shell({ name, namespace, container, onState }: ShellOptions) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    return openShell(place.current, { name, namespace, container, onState }).close;
  }, [name, namespace, container, onState]);
  return <div ref={place} data-testid="terminal" className="h-full" />;
}

type ShellOptions = {
  name: string;
  namespace: string;
  container: string;
  onState: (state: string) => void;
};

/** Joins a terminal on the page with a shell in a container. */
function openShell(element: HTMLElement, options: ShellOptions): { close: () => void } {
  const { name, namespace, container, onState } = options;
  const terminal = new Terminal({
    fontFamily: "ui-monospace, monospace",
    fontSize: 13,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    theme: { background: "#0d1117" },
    screenReaderMode: true,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  fit.fit();
  terminal.focus();
  onState("connecting");

  let id: string | null = null;
  let sent = 0;
  const fail = (cause: unknown) => onState(cause instanceof Error ? cause.message : "failed");
  const type = (text: string) => {
    if (id === null) return;
    client.pods.execInput.mutate({ id, number: sent, text }).catch(fail);
    sent += 1;
  };
  const resize = () => {
    fit.fit();
    if (id === null) return;
    client.pods.execResize
      .mutate({ id, columns: terminal.cols, rows: terminal.rows })
      .catch(() => undefined);
  };
  terminal.onData(type);
  const observer = new ResizeObserver(resize);
  observer.observe(element);
  const subscription = client.pods.exec.subscribe(
    { name, namespace, container: container || null },
    {
      onData: ({ data }) => {
        if (data.type === "opened") {
          id = data.id;
          onState("connected");
          resize();
        } else if (data.type === "output") terminal.write(data.text);
        else {
          id = null;
          onState(data.code === null ? data.message || "ended" : `ended with ${data.code}`);
        }
      },
      onError: fail,
    },
  );
  return {
    close: () => {
      observer.disconnect();
      if (id !== null) client.pods.execEnd.mutate({ id }).catch(() => undefined);
      subscription.unsubscribe();
      terminal.dispose();
    },
  };
}
