import { type Fairlead, FairleadProvider } from "@fairlead/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, type RenderOptions, render, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";

// Long enough for a machine that others use, too.
configure({ asyncUtilTimeout: 15_000 });

export interface Connected {
  readonly fairlead: Fairlead;
}

export function wrapperFor({ fairlead }: Connected, queryClient = new QueryClient()) {
  // biome-ignore lint/correctness/noComponentHookFactories: made once per test.
  return function Wrapper({ children }: { children: ReactNode }) {
    return (
      <QueryClientProvider client={queryClient}>
        <FairleadProvider fairlead={fairlead}>{children}</FairleadProvider>
      </QueryClientProvider>
    );
  };
}

export function renderWith(test: Connected, ui: ReactNode, options: RenderOptions = {}) {
  return render(ui, { wrapper: wrapperFor(test), ...options });
}

export function renderHookWith<R, P>(test: Connected, hook: (props: P) => R, initialProps?: P) {
  const options = { wrapper: wrapperFor(test) };
  return renderHook(hook, initialProps === undefined ? options : { ...options, initialProps });
}
