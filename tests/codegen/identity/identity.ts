/** Every type the clients can see, compared by identity between the generated and the real router. */

import type { TRPCClient } from "@trpc/client";
import { safe } from "@trpc/client";
import type {
  inferProcedureErrorShape,
  inferRouterError,
  inferRouterInputs,
  inferRouterOutputs,
} from "@trpc/server";
import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { AppRouter as Reference } from "./reference.js";
import type { AppRouter as Generated } from "./shared/index.js";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The dotted paths of a router record's procedures. */
type Leaves<Inputs, Prefix extends string = ""> = {
  [K in keyof Inputs & string]: `${Prefix}${K}` extends
    | "inputs"
    | "outputs"
    | "inputs.deep"
    | "inputs.deep.deepest"
    ? Leaves<Inputs[K], `${Prefix}${K}.`>
    : `${Prefix}${K}`;
}[keyof Inputs & string];

type At<
  Root,
  Path extends string,
> = Path extends `${infer Key extends keyof Root & string}.${infer Rest}`
  ? At<Root[Key], Rest>
  : Path extends keyof Root
    ? Root[Path]
    : never;

/** The paths at which two proxies differ. */
type Differences<A, B, Path = Leaves<inferRouterInputs<Reference>>> = Path extends string
  ? Same<At<A, Path>, At<B, Path>> extends true
    ? never
    : Path
  : never;

type Expect<T extends true> = T;
type Nothing<T extends never> = T;

export type Checks = [
  Expect<Same<inferRouterInputs<Generated>, inferRouterInputs<Reference>>>,
  Expect<Same<inferRouterOutputs<Generated>, inferRouterOutputs<Reference>>>,
  Expect<Same<inferRouterError<Generated>, inferRouterError<Reference>>>,
  Nothing<Differences<inferRouterInputs<Generated>, inferRouterInputs<Reference>>>,
  Nothing<Differences<inferRouterOutputs<Generated>, inferRouterOutputs<Reference>>>,
  Nothing<Differences<TRPCClient<Generated>, TRPCClient<Reference>>>,
  Nothing<Differences<TRPCOptionsProxy<Generated>, TRPCOptionsProxy<Reference>>>,
];

declare const generated: TRPCClient<Generated>;
declare const reference: TRPCClient<Reference>;
declare const options: TRPCOptionsProxy<Generated>;
declare const referenceOptions: TRPCOptionsProxy<Reference>;

function same<A, B>(_a: A, _b: B, _same: Same<A, B>): void {}

type Procedures<R extends { _def: { record: unknown } }> = R["_def"]["record"];
type Shape<R extends Generated | Reference> = inferProcedureErrorShape<R, Procedures<R>["take"]>;
export const errorShapes: Same<Shape<Generated>, Shape<Reference>> = true;

export async function checkCalls(): Promise<void> {
  same(
    await safe(generated.take.mutate({ name: "" })),
    await safe(reference.take.mutate({ name: "" })),
    true,
  );
  same(
    await generated.page.query({ namespace: "" }),
    await reference.page.query({ namespace: "" }),
    true,
  );
  same(await generated.logs.query({ pod: "" }), await reference.logs.query({ pod: "" }), true);
  const [, error] = await safe(generated.take.mutate({ name: "" }));
  if (error?.data && "holder" in error.data) error.data.holder.toUpperCase();

  same(
    options.search.queryOptions({ q: "" }),
    referenceOptions.search.queryOptions({ q: "" }),
    true,
  );
  same(options.search.queryKey({ q: "" }), referenceOptions.search.queryKey({ q: "" }), true);
  same(options.search.queryFilter(), referenceOptions.search.queryFilter(), true);
  same(options.page.infiniteQueryKey(), referenceOptions.page.infiniteQueryKey(), true);
  same(
    options.page.infiniteQueryOptions(
      { namespace: "" },
      { getNextPageParam: (page) => page.nextCursor },
    ),
    referenceOptions.page.infiniteQueryOptions(
      { namespace: "" },
      { getNextPageParam: (page) => page.nextCursor },
    ),
    true,
  );
  same(options.take.mutationOptions(), referenceOptions.take.mutationOptions(), true);
  same(options.take.mutationKey(), referenceOptions.take.mutationKey(), true);
  same(options.inputs.pathKey(), referenceOptions.inputs.pathKey(), true);
  same(
    options.watch.subscriptionOptions({ namespace: "" }),
    referenceOptions.watch.subscriptionOptions({ namespace: "" }),
    true,
  );
  same(options.ticks.subscriptionOptions(), referenceOptions.ticks.subscriptionOptions(), true);

  // @ts-expect-error the namespace is required
  await generated.page.query({});
  // @ts-expect-error no such procedure
  await generated.inputs.missing.query();
  // @ts-expect-error a query cannot be mutated
  await generated.hello.mutate();
  // @ts-expect-error wrong element type
  await generated.inputs.numbers.query(["1"]);
  // @ts-expect-error the discriminator is required, although it has a default
  await generated.inputs.pet.mutate({ lives: 9 });
  // @ts-expect-error unknown field
  await generated.search.query({ other: "" });
}
