"""The same router of any size three times: in Python, in TypeScript with Zod, and a client of it."""

from collections.abc import Iterator

PER_ROUTER = 20
USED = 50
KINDS = ("query",) * 6 + ("mutation",) * 3 + ("subscription",)

_PYTHON_HEAD = """from collections.abc import AsyncIterator
from pydantic import BaseModel
from fairlead.access import public
from fairlead.context import Context
from fairlead.procedure import mutation, query, subscription
from fairlead.router import Router
"""

_TYPESCRIPT_HEAD = """import { initTRPC } from "@trpc/server";
import { z } from "zod";
const t = initTRPC.create();
const p = t.procedure.use(async ({ next }) => next());
"""


def places(count: int) -> Iterator[tuple[int, str, str, str]]:
    """Number, router, name and kind of every procedure."""
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield number, f"router{number // PER_ROUTER}", f"procedure{number}", kind


def python_router(count: int) -> str:
    parts = [_PYTHON_HEAD]
    routers: dict[str, list[str]] = {}
    for n, router, name, kind in places(count):
        parts.append(f"""
class Part{n}(BaseModel):
    key{n}: str
    values: list[int]

class Output{n}(BaseModel):
    id{n}: str
    name: str
    count: int
    ratio: float
    active: bool
    tags: list[str]
    parts: list[Part{n}]
    note: str | None
""")
        result = f"AsyncIterator[Output{n}]" if kind == "subscription" else f"Output{n}"
        body = (
            "yield self.make()"
            if kind == "subscription"
            else "raise NotImplementedError"
        )
        routers.setdefault(router, []).append(f"""
    @{kind}(access=public)
    async def {name}(
        self, id{n}: str, text: str, number: int, flag: bool, items: list[str]
    ) -> {result}:
        {body}
""")
    for router, methods in routers.items():
        title = router.capitalize()
        parts.append(f"\nclass {title}(Router[Context]):{''.join(methods)}")
    nested = "".join(f"    {router}: {router.capitalize()}\n" for router in routers)
    parts.append(f"\nclass App(Router[Context]):\n{nested}")
    return "".join(parts)


def typescript_router(count: int) -> str:
    parts = [_TYPESCRIPT_HEAD]
    routers: dict[str, list[str]] = {}
    for n, router, name, kind in places(count):
        parts.append(
            f"const input{n} = z.object({{ id{n}: z.string(), text: z.string(), number: z.int(), "
            f"flag: z.boolean(), items: z.array(z.string()) }});\n"
            f"const output{n} = z.object({{ id{n}: z.string(), name: z.string(), count: z.int(), "
            f"ratio: z.number(), active: z.boolean(), tags: z.array(z.string()), "
            f"parts: z.array(z.object({{ key{n}: z.string(), values: z.array(z.int()) }})), "
            f"note: z.string().nullable() }});\n"
        )
        if kind == "subscription":
            call = (
                f"subscription(async function* () "
                f"{{ yield null as unknown as z.infer<typeof output{n}>; }})"
            )
        else:
            result = f"null as unknown as z.infer<typeof output{n}>"
            call = f"output(output{n}).{kind}(() => {result})"
        routers.setdefault(router, []).append(f"  {name}: p.input(input{n}).{call},\n")
    for router, lines in routers.items():
        parts.append(f"const {router} = t.router({{\n{''.join(lines)}}});\n")
    parts.append(f"export const appRouter = t.router({{ {', '.join(routers)} }});\n")
    parts.append("export type AppRouter = typeof appRouter;\n")
    return "".join(parts)


def client(count: int, router_module: str) -> str:
    lines = [
        'import type { TRPCClient } from "@trpc/client";\n',
        'import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";\n',
        f'import type {{ AppRouter }} from "{router_module}";\n',
        "declare const client: TRPCClient<AppRouter>;\n",
        "declare const options: TRPCOptionsProxy<AppRouter>;\n",
    ]
    used = list(places(count))[:: max(1, count // USED)][:USED]
    for n, router, name, kind in used:
        value = f'{{ id{n}: "", text: "", number: 1, flag: true, items: [] }}'
        place = f"{router}.{name}"
        if kind == "query":
            lines.append(f"export const a{n} = client.{place}.query({value});\n")
            lines.append(
                f"export const b{n} = options.{place}.queryOptions({value});\n"
            )
        elif kind == "mutation":
            lines.append(f"export const a{n} = client.{place}.mutate({value});\n")
            lines.append(f"export const b{n} = options.{place}.mutationOptions();\n")
        else:
            lines.append(
                f"export const a{n} = client.{place}.subscribe({value}, "
                f"{{ onData: (event) => event.name }});\n"
            )
    return "".join(lines)
