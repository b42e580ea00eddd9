import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, WrapText } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { client } from "@/app/client";
import { LogDownload } from "@/components/logDownload";
import { SearchField } from "@/components/table/toolbar";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { cn } from "@/lib/cn";
import { counted } from "@/lib/counted";
import { appendLines, type LogLine, type LogLines, noLines } from "@/lib/logLines";

type Props = {
  name: string;
  namespace: string;
  containers: readonly string[];
  /** The container whose log is shown first. */
  first?: string | undefined;
};

// Of what was written before one came.
const TAIL = 2000;

type State = "following" | "ended" | "failed";

/** A pod's log, live: lines as they are written, the newest in view until one scrolls away. */
export function LogView({ name, namespace, containers, first = containers[0] }: Props) {
  const [container, setContainer] = useState(first ?? "");
  const [query, setQuery] = useState("");
  const [wraps, setWraps] = useState(true);
  const { log, state, error } = useLog({ name, namespace, container });
  const needle = query.toLowerCase();
  const shown = needle
    ? log.lines.filter(({ text }) => text.toLowerCase().includes(needle))
    : log.lines;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        {containers.length > 1 ? (
          <Select
            aria-label="Container"
            className="h-8 w-36 text-[13px]"
            value={container}
            onValueChange={setContainer}
            options={containers.map((value) => ({ value, label: value }))}
          />
        ) : null}
        <SearchField label="Search the log" value={query} onChange={setQuery} />
        <span role="status" className="ml-auto text-xs text-muted-foreground tabular-nums">
          {counted(log.lines.length, "lines")} · {state === "following" ? "live" : state}
        </span>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="Wrap long lines"
          aria-pressed={wraps}
          className={wraps ? "bg-accent" : undefined}
          onClick={() => setWraps(!wraps)}
        >
          <WrapText />
        </Button>
        <LogDownload name={name} namespace={namespace} container={container} />
      </div>
      {error ? (
        <p role="alert" className="border-b bg-danger-fill/10 px-4 py-2 text-[13px] text-danger">
          {error}
        </p>
      ) : null}
      <Lines
        lines={shown}
        isCut={log.dropped + log.lines.length >= TAIL}
        empty={
          needle && log.lines.length > 0
            ? "No line fits the search."
            : "Nothing has been written yet."
        }
        wraps={wraps}
      />
    </div>
  );
}

function Lines({
  lines,
  isCut,
  empty,
  wraps,
}: {
  lines: readonly LogLine[];
  /** There may be lines before those. */
  isCut: boolean;
  /** What is said where there is no line. */
  empty: string;
  wraps: boolean;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    getItemKey: (index) => lines[index]?.number ?? index,
    overscan: 20,
  });
  const last = lines.length - 1;
  useEffect(() => {
    if (follows && last >= 0) virtualizer.scrollToIndex(last, { align: "end" });
  }, [follows, last, virtualizer]);
  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < 30);
  };
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className="scroll-thin h-full overflow-auto bg-muted/40 py-2 font-mono text-xs leading-5"
      >
        {isCut ? (
          <p className="px-4 text-muted-foreground">
            Only the last lines are shown and searched here; the download has all.
          </p>
        ) : null}
        {lines.length === 0 ? <p className="px-4 text-muted-foreground">{empty}</p> : null}
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start, key }) => {
            const line = lines[index];
            return line ? (
              <div
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                className="absolute top-0 left-0 flex w-full px-4 hover:bg-accent"
                style={{ transform: `translateY(${start}px)` }}
              >
                <span className="w-12 shrink-0 pr-3 text-right text-muted-foreground/60 select-none">
                  {line.number}
                </span>
                <span className={cn(wraps ? "break-all whitespace-pre-wrap" : "whitespace-pre")}>
                  {line.text}
                </span>
              </div>
            ) : null;
          })}
        </div>
      </div>
      {follows ? null : (
        <Button
          size="sm"
          className="absolute right-4 bottom-3 shadow-md"
          onClick={() => setFollows(true)}
        >
          <ArrowDownToLine /> Follow
        </Button>
      )}
    </div>
  );
}

function useLog(pod: { name: string; namespace: string; container: string }) {
  const { name, namespace, container } = pod;
  const [log, setLog] = useState<LogLines>(noLines);
  const [state, setState] = useState<State>("following");
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let waiting: string[] = [];
    let frame = 0;
    const flush = () => {
      frame = 0;
      const lines = waiting;
      waiting = [];
      setLog((before) => appendLines(before, lines));
    };
    setLog(noLines);
    setState("following");
    setError(null);
    const input = { name, namespace, container: container || null, tailLines: TAIL };
    const subscription = client.pods.logs.subscribe(input, {
      onData: ({ data }) => {
        waiting.push(...data.lines);
        // One render for all that comes between two frames.
        frame ||= requestAnimationFrame(flush);
      },
      onComplete: () => setState("ended"),
      onError: (cause) => {
        setState("failed");
        setError(cause.message);
      },
    });
    return () => {
      subscription.unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [name, namespace, container]);
  return { log, state, error };
}
