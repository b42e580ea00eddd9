import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { type LiveError, toLiveError, type WatchStatus } from "../core/index.js";

export interface ErrorFallbackProps {
  readonly error: LiveError;
  /** Renders the children again; queries that failed are asked again. */
  readonly retry: () => void;
}

export type RenderError = (props: ErrorFallbackProps) => ReactNode;

const titles: { readonly [kind in LiveError["kind"]]: string } = {
  transport: "The server cannot be reached",
  unauthorized: "You are signed out",
  forbidden: "You do not have access",
  notFound: "Not found",
  conflict: "Somebody else changed this",
  invalid: "The request was not valid",
  throttled: "Too many requests",
  server: "The server failed",
  aborted: "The request was cancelled",
  unexpected: "Something went wrong",
};

/** Kinds that come out the same however often they are tried: no retry is offered. */
const futile: ReadonlySet<LiveError["kind"]> = new Set(["unauthorized", "notFound", "invalid"]);

/** The plain view of an error: what happened, why, and a retry where it may help. */
export function ErrorView({ error, retry }: ErrorFallbackProps) {
  return (
    <div role="alert" data-kind={error.kind}>
      <p>{titles[error.kind]}</p>
      <p>{error.message}</p>
      {!futile.has(error.kind) && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export interface FairleadErrorBoundaryProps {
  readonly children: ReactNode;
  /** One view per kind of error, `default` for the rest. */
  readonly fallback?: { readonly [kind in LiveError["kind"] | "default"]?: RenderError };
  /** The error goes away when any of these changes: a route, an id. */
  readonly resetKeys?: readonly unknown[];
  readonly onError?: (error: LiveError, info: ErrorInfo) => void;
}

interface BoundaryProps extends FairleadErrorBoundaryProps {
  readonly onReset: () => void;
}

interface BoundaryState {
  readonly error: LiveError | null;
}

class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(cause: unknown): BoundaryState {
    return { error: toLiveError(cause) };
  }

  override componentDidCatch(cause: unknown, info: ErrorInfo) {
    this.props.onError?.(toLiveError(cause), info);
  }

  override componentDidUpdate(previous: BoundaryProps) {
    const before = previous.resetKeys ?? [];
    const now = this.props.resetKeys ?? [];
    const isSame = before.length === now.length && now.every((key, i) => Object.is(key, before[i]));
    if (this.state.error && !isSame) this.#reset();
  }

  #reset = () => {
    this.props.onReset();
    this.setState({ error: null });
  };

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    const { fallback } = this.props;
    const show: RenderError =
      fallback?.[error.kind] ?? fallback?.default ?? ((props) => <ErrorView {...props} />);
    return show({ error, retry: this.#reset });
  }
}

/** Catches what its children throw, tells the kinds of tRPC errors apart, and offers a retry. */
export function FairleadErrorBoundary(props: FairleadErrorBoundaryProps) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => <Boundary {...props} onReset={reset} />}
    </QueryErrorResetBoundary>
  );
}

/** What `QueryStateView` needs of a result: those of our hooks, and TanStack's own, both fit. */
export interface QueryStateLike {
  readonly status: WatchStatus | "deleted" | "notFound" | "pending" | "success";
  readonly error: unknown;
  readonly isEmpty?: boolean;
  readonly refetch: () => unknown;
}

export interface QueryStateViewProps {
  readonly query: QueryStateLike;
  readonly children: ReactNode;
  readonly loading?: ReactNode;
  readonly empty?: ReactNode;
  readonly notFound?: ReactNode;
  /** Shown above the children, which show the object as it last was. */
  readonly deleted?: ReactNode;
  readonly denied?: RenderError;
  readonly error?: RenderError;
}

const renderErrorView: RenderError = (props) => <ErrorView {...props} />;

/** One of loading, empty, not found, denied, error, or the children: never two, never none. */
export function QueryStateView(props: QueryStateViewProps) {
  const { query, children, denied = renderErrorView, error = renderErrorView } = props;
  const retry = () => void query.refetch();
  const failure = toLiveError(query.error ?? "Unknown error");
  switch (query.status) {
    case "loading":
    case "pending":
      return <>{props.loading ?? <output aria-busy="true">Loading</output>}</>;
    case "denied":
      return <>{denied({ error: failure, retry })}</>;
    case "error":
      return <>{(failure.kind === "forbidden" ? denied : error)({ error: failure, retry })}</>;
    case "notFound":
      return <>{props.notFound ?? <p>Not found</p>}</>;
    case "deleted":
      return (
        <>
          {props.deleted ?? <p role="status">This object was deleted</p>}
          {children}
        </>
      );
    default:
      return <>{query.isEmpty ? (props.empty ?? <p>Nothing here yet</p>) : children}</>;
  }
}
