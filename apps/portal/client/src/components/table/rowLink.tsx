import { Link } from "@tanstack/react-router";

/**
 * A row's name, which opens its details; a real link, so that it can be opened in a new tab. On a narrow
 * screen `detail` stands below it, for the columns that are not there.
 */
export function RowLink({ id, name, detail }: { id: string; name: string; detail?: string }) {
  return (
    <span className="block leading-tight">
      <Link
        to="."
        search={(previous) => ({ ...previous, open: id })}
        replace
        preload={false}
        data-row-link=""
        title={name}
        className="block w-fit max-w-full truncate rounded-sm font-medium underline-offset-4 hover:underline"
      >
        {name}
      </Link>
      {detail ? (
        <span className="block truncate text-xs text-muted-foreground @lg:hidden">{detail}</span>
      ) : null}
    </span>
  );
}
