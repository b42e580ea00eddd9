import { useEventWatchList } from "@portal/shared/hooks";
import { CircleAlert, Info } from "lucide-react";
import { parseTime } from "@/lib/time";
import { Age } from "./times";

/** An object as far as its events need it. */
export type EventTarget = {
  readonly kind?: string | undefined;
  readonly metadata: {
    readonly name?: string | undefined;
    readonly namespace?: string | null | undefined;
    readonly uid?: string | undefined;
  };
};

/** What controllers have told about an object, the newest first, as it comes in. */
export function EventList({ object }: { object: EventTarget }) {
  const { kind, metadata } = object;
  const fields = [`involvedObject.name=${metadata.name ?? ""}`];
  if (kind) fields.push(`involvedObject.kind=${kind}`);
  const list = useEventWatchList({
    namespace: metadata.namespace ?? null,
    fieldSelector: fields.join(","),
  });
  if (list.status === "denied" || list.status === "error") {
    return (
      <p role="alert" className="p-5 text-[13px] text-muted-foreground">
        {list.error?.message ?? "The events could not be loaded."}
      </p>
    );
  }
  const events = list.items
    .map((event) => ({ event, time: parseTime(event.lastTimestamp ?? event.eventTime) }))
    .sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  if (events.length === 0) {
    return (
      <p role="status" className="p-5 text-[13px] text-muted-foreground">
        {list.isLoading ? "Loading events…" : "Nothing has been reported of it."}
      </p>
    );
  }
  return (
    <ul className="divide-y">
      {events.map(({ event, time }) => {
        const isWarning = event.type === "Warning";
        const Icon = isWarning ? CircleAlert : Info;
        return (
          <li key={event.metadata.name} className="flex gap-2.5 px-5 py-3 text-[13px]">
            <Icon
              aria-label={isWarning ? "Warning" : "Note"}
              className={
                isWarning
                  ? "mt-0.5 size-4 shrink-0 text-warning"
                  : "mt-0.5 size-4 shrink-0 text-muted-foreground"
              }
            />
            <div className="min-w-0 flex-1">
              <p className="font-medium">
                {event.reason}
                {(event.count ?? 1) > 1 ? (
                  <span className="text-muted-foreground"> ×{event.count}</span>
                ) : null}
              </p>
              <p className="break-words text-muted-foreground">{event.message}</p>
            </div>
            <span className="shrink-0 text-xs text-muted-foreground">
              <Age time={time} suffix=" ago" />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
