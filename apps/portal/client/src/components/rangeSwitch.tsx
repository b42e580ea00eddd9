import { ToggleGroup } from "radix-ui";
import { findTimeRange, type TimeRangeId, timeRanges } from "@/resources/timeRange";

export function RangeSwitch({
  value,
  onChange,
}: {
  value: TimeRangeId;
  onChange: (value: TimeRangeId) => void;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label="Time range"
      value={value}
      onValueChange={(next) => {
        // Empty when the chosen one is pressed again; one of them stays chosen.
        if (next !== "") onChange(findTimeRange(next).id);
      }}
      className="flex rounded-md border border-input bg-card p-0.5 shadow-xs"
    >
      {timeRanges.map((range) => (
        <ToggleGroup.Item
          key={range.id}
          value={range.id}
          aria-label={`Last ${range.label}`}
          className="h-7 rounded px-2.5 text-[13px] font-medium text-muted-foreground transition-colors hover:text-foreground data-[state=on]:bg-primary/12 data-[state=on]:text-primary"
        >
          {range.id}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
