"""How declarations depend on each other."""

from collections.abc import Iterable, Mapping

from fairlead.codegen.nodes import (
    Array,
    Declaration,
    Dictionary,
    EmbeddedJson,
    Later,
    Procedure,
    Record,
    Reference,
    Tuple,
    Type,
    Union,
)


def references(node: Type) -> Iterable[str]:
    """The declarations a type names, itself included when it is a reference."""
    match node:
        case Reference():
            yield node.name
        case Array() | Later():
            yield from references(node.item)
        case EmbeddedJson():
            yield from references(node.content)
        case Tuple():
            for item in (*node.items, *([node.rest] if node.rest else [])):
                yield from references(item)
        case Dictionary():
            yield from references(node.key)
            yield from references(node.value)
        case Union():
            for option in node.options:
                yield from references(option)
        case Record():
            for each in node.fields:
                yield from references(each.type)
            if not isinstance(node.extra, str):
                yield from references(node.extra)
        case _:
            return


def find_uses(declared: Iterable[Declaration]) -> dict[str, frozenset[str]]:
    """The declarations that each declaration names."""
    return {node.name: frozenset(references(node.type)) for node in declared}


def reached_by(
    procedure: Procedure, uses: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Every declaration that a procedure's types need, however deep."""
    types = [procedure.output, *(case.data for case in procedure.errors)]
    if procedure.input is not None:
        types.append(procedure.input)
    reached: set[str] = set()
    waiting = [name for node in types for name in references(node)]
    while waiting:
        name = waiting.pop()
        if name in uses and name not in reached:
            reached.add(name)
            waiting += uses[name]
    return frozenset(reached)


def find_cycles(declared: Mapping[str, Declaration]) -> dict[str, int]:
    """Which declarations are recursive: a number per strongly connected group (Tarjan, iterative)."""
    edges = {
        name: sorted(set(references(node.type)) & declared.keys())
        for name, node in declared.items()
    }
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: dict[str, int] = {}

    def connect(root: str) -> None:
        work = [(root, iter(edges[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        while work:
            name, successors = work[-1]
            fresh = next((s for s in successors if s not in order), None)
            if fresh is not None:
                order[fresh] = low[fresh] = len(order)
                stack.append(fresh)
                work.append((fresh, iter(edges[fresh])))
                continue
            work.pop()
            for successor in edges[name]:
                if successor in stack:
                    low[name] = min(low[name], low[successor])
            if low[name] == order[name]:
                _close(name)

    def _close(name: str) -> None:
        group = stack[stack.index(name) :]
        del stack[stack.index(name) :]
        if len(group) > 1 or name in edges[name]:
            groups.update(dict.fromkeys(group, len(groups)))

    for name in sorted(edges):
        if name not in order:
            connect(name)
    return groups


def dependency_order(declared: Mapping[str, Declaration]) -> list[str]:
    """Every declaration after those it uses; within a cycle, by name."""
    ordered: dict[str, None] = {}
    visiting: set[str] = set()

    def visit(root: str) -> None:
        work = [(root, iter(sorted(set(references(declared[root].type)))))]
        visiting.add(root)
        while work:
            name, successors = work[-1]
            fresh = next(
                (s for s in successors if s in declared and s not in visiting), None
            )
            if fresh is None:
                ordered[name] = None
                work.pop()
                continue
            visiting.add(fresh)
            work.append((fresh, iter(sorted(set(references(declared[fresh].type))))))

    for name in sorted(declared):
        if name not in visiting:
            visit(name)
    return list(ordered)
