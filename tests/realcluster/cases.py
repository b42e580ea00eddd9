"""Random sequences of requests to a Kubernetes API: the same seed gives the same sequence."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.realcluster.kinds import KINDS, Kind
from tests.realcluster.objects import mapping, odd, sometimes, word

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


@dataclass(frozen=True)
class Step:
    """One request. `$rv:NAME`, `$uid:NAME` and `$continue` stand for what the server gave."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    media: str = JSON
    accept: str = JSON

    def __str__(self) -> str:
        return f"{self.method} {self.path} {dict(self.params)} {self.media} {self.accept} {self.body}"


MANAGERS = ("m1", "m2", "m3")
NAMES = ("one", "two", "three")


def _metadata(draw: random.Random, name: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if name is None else {"name": name}
    found.update(
        sometimes(
            draw,
            0.25,
            labels={
                draw.choice(["app", "tier"]): draw.choice(
                    ["web", "db", "web", "db", "x", "bad value"]
                )
            },
            annotations=draw.choice(
                [{"note": word(draw)}, {"note": "x", "b": "c"}, {"a/b/c": "x"}, {}]
            ),
            finalizers=draw.choice(
                [["example.com/f"], [], ["example.com/f", "example.com/g"], ["bad"]]
            ),
        )
    )
    found.update(sometimes(draw, 0.03, generateName="g-", uid="u", bogus=1))
    return found


def _object(draw: random.Random, kind: Kind, name: str | None) -> dict[str, Any]:
    typed = {"apiVersion": kind.api_version, "kind": kind.name}
    if draw.random() < 0.02:
        typed = draw.choice([{}, {"kind": "Other"}, {**typed, "apiVersion": "v9"}])
    return {**typed, "metadata": _metadata(draw, name), **kind.fields(draw)}


def _write_params(draw: random.Random) -> dict[str, str]:
    found = sometimes(
        draw,
        0.12,
        dryRun=draw.choice(["All", "All", "Some"]),
        fieldValidation=draw.choice(["Strict", "Warn", "Ignore", "Other"]),
    )
    if draw.random() < 0.5:
        found["fieldManager"] = draw.choice(MANAGERS)
    return found


def _versioned(draw: random.Random, body: dict[str, Any], name: str) -> None:
    choice = draw.random()
    if choice < 0.5:
        body["metadata"]["resourceVersion"] = f"$rv:{name}"
    elif choice < 0.6:
        body["metadata"]["resourceVersion"] = draw.choice(["1", "x", ""])


def _create(draw: random.Random, kind: Kind, path: str) -> Step:
    body = _object(draw, kind, draw.choice(NAMES))
    return Step("POST", path, _write_params(draw), body)


def _update(draw: random.Random, kind: Kind, path: str) -> Step:
    name = draw.choice(NAMES)
    body = _object(draw, kind, name if draw.random() < 0.95 else "other")
    _versioned(draw, body, name)
    sub = "/status" if kind.status and draw.random() < 0.2 else ""
    return Step("PUT", f"{path}/{name}{sub}", _write_params(draw), body)


def _apply(draw: random.Random, kind: Kind, path: str) -> Step:
    name = draw.choice(NAMES)
    params = {
        "fieldManager": draw.choice(MANAGERS),
        **sometimes(draw, 0.3, force="true"),
    }
    params.update(sometimes(draw, 0.05, dryRun="All"))
    body = _object(draw, kind, draw.choice([name, name, name, None]))
    return Step("PATCH", f"{path}/{name}", params, body, APPLY)


def _merge(draw: random.Random, kind: Kind, path: str) -> Step:
    body = sometimes(draw, 0.6, **kind.fields(draw))
    if draw.random() < 0.4:
        body["metadata"] = _metadata(draw, None)
    for key in list(body):
        if draw.random() < 0.1:
            body[key] = odd(draw)
    sub = "/status" if kind.status and draw.random() < 0.15 else ""
    return Step(
        "PATCH", f"{path}/{draw.choice(NAMES)}{sub}", _write_params(draw), body, MERGE
    )


def _json_patch(draw: random.Random, kind: Kind, path: str) -> Step:
    body: list[dict[str, Any]] = []
    for _ in range(draw.randrange(1, 4)):
        pointer, value = draw.choice(
            (
                *kind.pointers,
                ("/metadata/labels", mapping),
                ("/metadata/annotations", mapping),
            )
        )
        operation = draw.choice(
            ["add", "add", "replace", "remove", "test", "copy", "odd"]
        )
        one: dict[str, Any] = {"op": operation, "path": pointer}
        if operation in ("add", "replace", "test"):
            one["value"] = value(draw)
        elif operation == "copy":
            one["from"] = draw.choice(kind.pointers)[0]
        body.append(one)
    return Step(
        "PATCH", f"{path}/{draw.choice(NAMES)}", _write_params(draw), body, JSON_PATCH
    )


def _strategic(draw: random.Random, kind: Kind, path: str) -> Step:
    body = (kind.strategic or kind.fields)(draw)
    if draw.random() < 0.3:
        body = {**body, "metadata": _metadata(draw, None)}
    return Step(
        "PATCH", f"{path}/{draw.choice(NAMES)}", _write_params(draw), body, STRATEGIC
    )


def _delete(draw: random.Random, _kind: Kind, path: str) -> Step:
    name = draw.choice(NAMES)
    body: dict[str, Any] = sometimes(
        draw,
        0.3,
        preconditions=draw.choice(
            [
                {"uid": f"$uid:{name}"},
                {"uid": "other"},
                {"resourceVersion": "1"},
                {"resourceVersion": f"$rv:{name}"},
            ]
        ),
        propagationPolicy=draw.choice(["Background", "Orphan", "Foreground", "Bogus"]),
        gracePeriodSeconds=draw.choice([0, 5, -1]),
        dryRun=draw.choice([["All"], ["None"], []]),
        bogus=1,
    )
    return Step("DELETE", f"{path}/{name}", {}, body or None)


def _delete_some(draw: random.Random, _kind: Kind, path: str) -> Step:
    params = sometimes(
        draw,
        0.5,
        labelSelector=draw.choice(
            ["app=web", "app", "!app", "tier in (db)", "app==", "a b"]
        ),
        fieldSelector=draw.choice(
            ["metadata.name=one", "metadata.name!=two", "spec.nope=1", ""]
        ),
        dryRun="All" if draw.random() < 0.3 else "",
    )
    return Step("DELETE", path, params)


def _read(draw: random.Random, _kind: Kind, path: str) -> Step:
    accept = draw.choice(
        [
            JSON,
            JSON,
            JSON,
            TABLE,
            PARTIAL,
            PARTIAL_LIST,
            "text/html",
            "application/yaml",
        ]
    )
    params = sometimes(
        draw,
        0.1,
        pretty="true",
        includeObject="None",
        resourceVersion=draw.choice(["0", "1", "x"]),
    )
    return Step("GET", f"{path}/{draw.choice(NAMES)}", params, accept=accept)


def _list(draw: random.Random, _kind: Kind, path: str) -> Step:
    accept = draw.choice([JSON, JSON, JSON, TABLE, PARTIAL, PARTIAL_LIST])
    params = sometimes(
        draw,
        0.3,
        limit=draw.choice(["1", "2", "0", "-1", "x"]),
        labelSelector=draw.choice(
            [
                "app=web",
                "app!=web",
                "app notin (web,db)",
                "tier",
                "app in ()",
                "a=b=c",
                ",",
                "app>1",
            ]
        ),
        fieldSelector=draw.choice(
            [
                "metadata.name=one,",
                "metadata.name!=one",
                "metadata.namespace=x",
                "spec.color=red",
                "nope=1",
                "x",
            ]
        ),
        resourceVersion=draw.choice(["0", "$rv:one", "", "x", "-1"]),
    )
    params.update(
        sometimes(
            draw,
            0.1,
            resourceVersionMatch=draw.choice(["Exact", "NotOlderThan", "Other"]),
            sendInitialEvents="true",
            **{"continue": draw.choice(["$continue", "$continue", "rubbish"])},
        )
    )
    return Step("GET", path, params, accept=accept)


_STEPS = (
    (_create, 5), (_update, 4), (_apply, 6), (_merge, 4), (_json_patch, 3), (_strategic, 3),
    (_delete, 2), (_delete_some, 1), (_read, 1), (_list, 2),
)  # fmt: skip


def make_case(seed: int, namespace: str, kinds: tuple[Kind, ...] = KINDS) -> list[Step]:
    """Return the requests of one case: all for one kind, in one namespace."""
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    kind = draw.choice(kinds)
    path = kind.collection(namespace)
    chosen = draw.choices(*zip(*_STEPS, strict=True), k=draw.randrange(6, 14))
    steps: list[Step] = [_create(draw, kind, path)]
    steps += [step(draw, kind, path) for step in chosen]
    if kind.name == "Widget" and draw.random() < 0.3:
        scale = {"spec": {"replicas": draw.choice([3, 30, "x"])}}
        steps.append(Step("PATCH", f"{path}/one/scale", {}, scale, MERGE))
    steps.append(Step("GET", path))
    return steps


def watch_selectors(seed: int) -> dict[str, str]:
    """Return the selectors of the watch that accompanies a case."""
    draw = random.Random(-seed)  # noqa: S311 - a repeatable draw, no secret
    return sometimes(
        draw,
        0.5,
        labelSelector=draw.choice(["app=web", "app", "!tier", "app!=web"]),
        fieldSelector=draw.choice(["metadata.name=one", "metadata.name!=two"]),
    )
