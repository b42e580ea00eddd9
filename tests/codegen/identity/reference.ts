import { initTRPC, tracked } from "@trpc/server";
import { z } from "zod";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Pod = { name: string; phase: "Running" | "Pending"; nodeName: string | null };
type Tree = { name: string; children: Tree[] };
type TreeInput = { name: string; children?: TreeInput[] | undefined };
type Pet = { kind: "cat"; lives: number } | { kind: "dog"; good: boolean };
type PetInput =
  | ({ kind?: "cat" | undefined; lives: number } & { kind: "cat" })
  | { kind: "dog"; good: boolean };

declare const pod: Pod;
declare const pods: Pod[];
declare const json: Json;
const zTree: z.ZodType<TreeInput, TreeInput> = z.lazy(() =>
  z.object({ name: z.string(), children: z.array(zTree).optional() }),
);
declare const zPet: z.ZodType<PetInput, PetInput>;

const t = initTRPC.create();
const p = t.procedure;

class HeldError extends Error {
  readonly holder: string = "";
}

export const appRouter = t.router({
  inputs: {
    deep: { deepest: { ping: p.query((): "pong" => "pong") } },
    text: p.input(z.string()).query(({ input }) => input),
    nullable: p.input(z.string().nullable()).query(({ input }) => input),
    numbers: p.input(z.array(z.number())).query((): number => 1),
    either: p.input(z.union([z.string(), z.number()])).query(({ input }) => input),
    tree: p.input(zTree).mutation((): Tree => ({ name: "", children: [] })),
    pet: p.input(zPet).mutation((): Pet => ({ kind: "cat", lives: 9 })),
    mixed: p
      .input(
        z.object({
          a: z.string(),
          b: z.number().nullable(),
          c: z.boolean().optional(),
          d: z.array(z.string()).nullable().optional(),
        }),
      )
      .query((): boolean => true),
  },
  outputs: {
    nothing: p.query(() => null),
    pair: p.query((): [string, number] => ["a", 1]),
    table: p.query((): { [key: string]: Pod } => ({})),
    anything: p.query((): Json => json),
    pod: p.query((): Pod | null => pod),
  },
  hello: p.query((): string => "hello"),
  search: p.input(z.object({ q: z.string().optional() }).optional()).query((): Pod[] => pods),
  page: p
    .input(z.object({ namespace: z.string(), cursor: z.number().nullable().optional() }))
    .query((): { items: Pod[]; nextCursor: number | null } => ({ items: pods, nextCursor: null })),
  logs: p.input(z.object({ pod: z.string() })).query(async function* ({ input }) {
    yield input.pod;
  }),
  take: p
    .errors(({ shape, error }) => {
      if (error.cause instanceof HeldError) {
        return {
          message: shape.message,
          code: -32009 as const,
          data: {
            ...shape.data,
            code: "CONFLICT" as const,
            httpStatus: 409 as const,
            holder: error.cause.holder,
          },
        };
      }
      return;
    })
    .input(z.object({ name: z.string() }))
    .mutation((): number => 1),
  watch: p
    .input(z.object({ namespace: z.string(), lastEventId: z.string().nullable().optional() }))
    .subscription(async function* () {
      yield tracked("1", pod);
    }),
  ticks: p.subscription(async function* () {
    yield Number(1);
  }),
});

export type AppRouter = typeof appRouter;
