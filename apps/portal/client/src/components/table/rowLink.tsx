import { Link } from "@tanstack/react-router";

/** A row's name, which opens its details; a real link, so that it can be opened in a new tab. */
export function RowLink({ id, name }: { id: string; name: string }) {
  return (
    <Link
      to="."
      search={(previous) => ({ ...previous, open: id })}
      replace
      preload={false}
      data-row-link=""
      title={name}
      className="rounded-sm font-medium underline-offset-4 hover:underline"
    >
      {name}
    </Link>
  );
}
