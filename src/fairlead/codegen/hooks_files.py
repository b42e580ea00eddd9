"""`hooks.js` and `.d.ts`: React hooks per resource, an entry of its own so the rest needs no React."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fairlead.codegen.declaration_map import Marks
from fairlead.codegen.graph import references
from fairlead.codegen.nodes import (
    Application,
    Array,
    Declaration,
    Record,
    Reference,
    ResourceRouterNode,
    Type,
)
from fairlead.codegen.router_types import HEADER
from fairlead.codegen.typescript import TypePrinter, property_name

_FULL = frozenset(
    {"get", "list", "watch", "create", "update", "patch", "delete", "permissions"}
)
_READ = frozenset({"get", "list", "watch", "permissions"})
_VIEW = frozenset({"list", "watch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hooks:
    """The hooks of one router: `name` goes into theirs, `object` and `draft` are types."""

    node: ResourceRouterNode
    name: str
    object: str
    draft: str | None
    names: frozenset[str]
    is_view: bool

    @property
    def wanted(self) -> tuple[str, ...]:
        """The hooks that the router's procedures are enough for."""
        if self.draft is not None:
            return _RESOURCE_HOOKS
        if self.is_view:
            return ("View",)
        return _READ_HOOKS if self.node.procedures >= _READ else ("WatchList",)

    @property
    def accessor(self) -> str:
        """The router, as a property path from the client."""
        return ".".join(["client", *self.node.path.split(".")])

    @property
    def variable(self) -> str:
        """What the factory's result is called."""
        return self.name[:1].lower() + self.name[1:]


def has_hooks(app: Application) -> bool:
    """Is there a router that hooks can be made for?"""
    return any(True for _ in _hooks(app))


def hooks_js(app: Application) -> str:
    """One factory call per resource router."""
    hooks = list(_hooks(app))
    factories = {"createResourceHooks" for each in hooks if each.draft is not None}
    for each in hooks:
        if each.draft is None:
            factories |= {f"createUse{hook}Hook" for hook in each.wanted}
    lines = [
        f'{HEADER}import {{ {", ".join(sorted(factories))} }} from "@fairlead/react";',
        'import { resources } from "./resources.js";',
        "",
    ]
    for each in hooks:
        config = f"resources.{property_name(each.node.kind)}"
        arguments = f"({config}, (client) => {each.accessor})"
        if each.draft is None:
            lines += [
                f"export const use{each.name}{hook} = createUse{hook}Hook{arguments};"
                for hook in each.wanted
            ]
            continue
        lines.append(f"const {each.variable} = createResourceHooks{arguments};")
        lines += [
            f"export const use{each.name}{hook} = {each.variable}.use{hook};"
            for hook in _RESOURCE_HOOKS
        ]
    return "\n".join(lines) + "\n"


_RESOURCE_HOOKS = ("WatchList", "WatchItem", "Permissions", "CRUD", "InfiniteList")
_READ_HOOKS = ("WatchList", "WatchItem", "Permissions", "InfiniteList")


def hooks_dts(app: Application) -> str:
    """Their types, written out: nothing is inferred through the router."""
    hooks = list(_hooks(app))
    types = {f"Use{hook}" for each in hooks for hook in each.wanted}
    names = sorted({name for h in hooks for name in h.names})
    lines = [
        f'{HEADER}import type {{ {", ".join(sorted(types))} }} from "@fairlead/react";',
        f'import type {{ {", ".join(names)} }} from "./router.js";' if names else "",
        "",
    ]
    for each in hooks:
        arguments = {"CRUD": f"<{each.object}, {each.draft}>", "Permissions": ""}
        lines += [
            f"export declare const use{each.name}{hook}: "
            f"Use{hook}{arguments.get(hook, f'<{each.object}>')};"
            for hook in each.wanted
        ]
    return "\n".join(lines) + "\n"


def _hooks(app: Application) -> Iterator[_Hooks]:
    declared = {node.name: node for node in app.declarations}
    procedures = {node.path: node for node in app.procedures}
    routers_of_kind = Counter(
        node.kind for node in app.resource_routers if node.procedures >= _READ
    )
    for node in app.resource_routers:
        if not node.procedures >= _VIEW:
            continue
        full = node.procedures >= _FULL
        output = procedures[f"{node.path}.list"].output
        listed = _field(output, "items", declared)
        if not isinstance(listed, Array):
            continue
        draft: Type | None = None
        if full:
            draft = _field(procedures[f"{node.path}.create"].input, "object", declared)
        # A kind's name goes to its only router; views and further ones go by their path.
        by_kind = node.procedures >= _READ and routers_of_kind[node.kind] == 1
        yield _Hooks(
            node=node,
            name=node.kind if by_kind else _pascal(node.path),
            object=_text(listed.item),
            draft=None if draft is None else _text(draft),
            names=frozenset(
                {*references(listed.item), *(references(draft) if draft else ())}
            ),
            # What the server cuts to a window says how many rows there are in all.
            is_view=_field(output, "total", declared) is not None,
        )


def _field(
    node: Type | None, name: str, declared: Mapping[str, Declaration]
) -> Type | None:
    while isinstance(node, Reference):
        node = declared[node.name].type
    fields = node.fields if isinstance(node, Record) else ()
    return next((field.type for field in fields if field.name == name), None)


def _text(node: Type) -> str:
    return TypePrinter(allow_undefined=False, marks=Marks()).type(node)


def _pascal(path: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in path.split("."))
