"""What differs between the types a client was generated from and those a server serves, in words."""

from collections.abc import Iterator, Mapping

from typing_extensions import TypedDict

from fairlead.codegen.declaration_map import Marks
from fairlead.codegen.nodes import Application, Procedure, Record, Type
from fairlead.codegen.typescript import TypePrinter
from fairlead.codegen.zod import ZodPrinter

_SHOWN = 100


class Manifest(TypedDict):
    """An application's types, for comparison.

    Attributes:
        procedures: digests by path.
        facts: of each type and procedure, what its parts are, as TypeScript and as their check.
    """

    procedures: dict[str, str]
    facts: dict[str, dict[str, list[str]]]


class Differences(TypedDict):
    """What differs.

    Attributes:
        differences: one sentence each.
        affected: paths of the procedures whose calls may go wrong.
    """

    differences: list[str]
    affected: list[str]


def make_manifest(app: Application) -> Manifest:
    """What a package is generated from."""
    return _Facts(app).manifest()


def compare_manifests(old: Manifest, new: Manifest) -> Differences:
    """The way from a client's types to a server's."""
    found = list(_sentences(old["facts"], new["facts"]))
    if len(found) > _SHOWN:
        found = [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]
    paths = sorted({*old["procedures"], *new["procedures"]})
    affected = [
        p
        for p in paths
        if p in old["procedures"] and old["procedures"][p] != new["procedures"].get(p)
    ]
    return {"differences": found, "affected": affected}


def _sentences(
    old: Mapping[str, Mapping[str, list[str]]],
    new: Mapping[str, Mapping[str, list[str]]],
) -> Iterator[str]:
    for owner in sorted({*old, *new}):
        before, after = old.get(owner, {}), new.get(owner, {})
        if not before:
            yield f"{owner} is new"
        elif not after:
            yield f"{owner} is gone"
        else:
            for part in sorted({*before, *after}):
                yield from _sentence(owner + part, before.get(part), after.get(part))


def _sentence(
    name: str, before: list[str] | None, after: list[str] | None
) -> Iterator[str]:
    if before == after:
        return
    if before is None:
        yield f"{name} is new: {_shown(after)}"
    elif after is None:
        yield f"{name} is gone: it was {_shown(before)}"
    elif before[:1] != after[:1]:
        yield f"{name} was {_shown(before)} and is now {_shown(after)}"
    else:
        yield f"{name} is checked otherwise: it was {before[-1]} and is now {after[-1]}"


def _shown(fact: list[str] | None) -> str:
    return fact[0] if fact else "nothing"


class _Facts:
    def __init__(self, app: Application) -> None:
        self._app = app
        declared = {node.name: node for node in app.declarations}
        self._types = TypePrinter(allow_undefined=False, marks=Marks())
        self._checks = ZodPrinter(declared)
        self._found: dict[str, dict[str, list[str]]] = {}

    def manifest(self) -> Manifest:
        for node in self._app.declarations:
            self._add(self._found.setdefault(node.name, {}), "", node.type)
        for procedure in self._app.procedures:
            self._found[procedure.path] = self._procedure(procedure)
        return {
            "procedures": dict(self._app.fingerprints.procedures),
            "facts": self._found,
        }

    def _procedure(self, node: Procedure) -> dict[str, list[str]]:
        stream = "a streamed " if node.streaming else "a "
        facts = {"": [f"{stream}{node.kind}"]}
        if node.input is not None:
            self._add(facts, " input", node.input, optional=node.input_optional)
        self._add(facts, " output", node.output)
        for case in node.errors:
            self._add(facts, f" error {case.code}", case.data)
        return facts

    def _add(
        self,
        facts: dict[str, list[str]],
        name: str,
        node: Type,
        *,
        optional: bool = False,
    ) -> None:
        word = "optional " if optional else ""
        if not isinstance(node, Record):
            facts[name] = [word + self._types.type(node), self._checks.type(node)]
            return
        extra = node.extra
        facts[name] = [
            f"{word}an object",
            extra if isinstance(extra, str) else self._checks.type(extra),
        ]
        for field in node.fields:
            self._add(
                facts, f"{name}.{field.name}", field.type, optional=not field.required
            )
