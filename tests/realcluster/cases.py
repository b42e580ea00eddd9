"""Random sequences of requests to a Kubernetes API: the same seed gives the same sequence."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


@dataclass(frozen=True)
class Kind:
    """A kind that requests are made for, and how its objects and patches are drawn."""

    name: str
    api: str
    plural: str
    group: str
    fields: Callable[[random.Random], dict[str, Any]]
    pointers: tuple[tuple[str, Callable[[random.Random], Any]], ...]
    strategic: Callable[[random.Random], dict[str, Any]] | None = None
    status: bool = False

    def collection(self, namespace: str) -> str:
        """Return the path of the kind's objects in a namespace."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.api}/namespaces/{namespace}/{self.plural}"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.api}" if self.group else self.api


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


def _word(draw: random.Random) -> str:
    return draw.choice(["a", "b", "c", "", "x-1", "true", "7"])


def _odd(draw: random.Random) -> Any:
    """Return a value of a shape that may not fit."""
    return draw.choice([None, 1, -1, 1.5, True, "s", "", [], {}, [1], {"a": "b"}])


def _mapping(draw: random.Random) -> dict[str, Any]:
    return {draw.choice("abc"): _word(draw) for _ in range(draw.randrange(3))}


def _sometimes(draw: random.Random, share: float, **values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if draw.random() < share}


def _config_map(draw: random.Random) -> dict[str, Any]:
    return _sometimes(
        draw,
        0.6,
        data=_mapping(draw),
        binaryData=draw.choice([{}, {"z": "aGk="}, {"z": "aGk="}, {"z": "not base64"}]),
        immutable=draw.choice([False, False, False, True]),
    )


def _secret(draw: random.Random) -> dict[str, Any]:
    return _sometimes(
        draw,
        0.5,
        data=draw.choice([{"k": "aGk="}, {"k": ""}, {"l": "aGk="}, {}]),
        stringData=_mapping(draw),
        type=draw.choice(["Opaque", "example.com/x", "kubernetes.io/tls", ""]),
    )


def _rule(draw: random.Random) -> dict[str, Any]:
    return _sometimes(
        draw,
        0.8,
        verbs=draw.choice([["get"], ["get", "list"], [], ["*"]]),
        apiGroups=draw.choice([[""], ["apps"], [], ["*"]]),
        resources=draw.choice([["pods"], ["pods/log"], [], ["*"]]),
        resourceNames=draw.choice([["a"], [], None]),
        nonResourceURLs=draw.choice([None, None, None, ["/x"]]),
    )


def _role(draw: random.Random) -> dict[str, Any]:
    rules = [_rule(draw) for _ in range(draw.randrange(3))]
    return _sometimes(draw, 0.8, rules=rules)


def _container(draw: random.Random) -> dict[str, Any]:
    named = {"name": draw.choice(["c1", "c2", "c3"])}
    return {
        **(named if draw.random() < 0.95 else {}),
        **_sometimes(draw, 0.8, image=draw.choice(["i:1", "i:2", "i"])),
        **_sometimes(
            draw,
            0.3,
            args=draw.choice([["a"], ["a", "b"], []]),
            env=[
                {"name": draw.choice("AB"), **_sometimes(draw, 0.8, value=_word(draw))}
                for _ in range(draw.randrange(3))
            ],
            ports=[
                {
                    "containerPort": draw.choice([80, 81, 82, 80, 0]),
                    **_sometimes(
                        draw, 0.5, name=draw.choice(["p", "q"]), protocol="TCP"
                    ),
                }
                for _ in range(draw.randrange(3))
            ],
            resources=draw.choice(
                [
                    {},
                    {"limits": {"cpu": "1"}},
                    {"requests": {"memory": "1Gi", "cpu": 1}},
                ]
            ),
        ),
    }


def _pod_spec(draw: random.Random) -> dict[str, Any]:
    containers = [_container(draw) for _ in range(draw.randrange(1, 3))]
    return {
        "containers": containers,
        **_sometimes(
            draw,
            0.3,
            restartPolicy=draw.choice(["Always", "Always", "Always", "Never", "Bogus"]),
            nodeSelector=_mapping(draw),
            volumes=[{"name": draw.choice(["v", "w"]), "emptyDir": {}}],
            tolerations=[{"key": draw.choice("ab"), "operator": "Exists"}],
            terminationGracePeriodSeconds=draw.choice([0, 5, -1]),
            hostname=draw.choice(["h", "g", "UPPER"]),
        ),
    }


def _deployment(draw: random.Random) -> dict[str, Any]:
    labels = {"app": draw.choice(["a", "a", "a", "a", "a", "b"])}
    spec = {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": labels}, "spec": _pod_spec(draw)},
        **_sometimes(
            draw,
            0.2,
            replicas=draw.choice([0, 3, -1]),
            paused=True,
            strategy=draw.choice(
                [{"type": "Recreate"}, {"rollingUpdate": {"maxSurge": "10%"}}]
            ),
            minReadySeconds=draw.choice([5, -1]),
        ),
    }
    return {"spec": spec}


def _deployment_patch(draw: random.Random) -> dict[str, Any]:
    item = draw.choice(
        [
            _container(draw),
            {"name": draw.choice(["c1", "c2"]), "$patch": "delete"},
            {"$patch": "replace"},
            {
                "name": "c1",
                "env": [{"name": "A", "$patch": "delete"}, {"name": "B", "value": "b"}],
            },
            {"name": "c2", "args": None},
        ]
    )
    spec: dict[str, Any] = {"containers": [item]}
    spec.update(
        _sometimes(
            draw,
            0.3,
            **{
                "$setElementOrder/containers": [{"name": "c2"}, {"name": "c1"}],
                "nodeSelector": draw.choice(
                    [None, {"a": None}, {"$patch": "replace", "z": "1"}]
                ),
                "tolerations": [{"key": "b", "operator": "Exists"}],
                "volumes": draw.choice(
                    [[{"name": "v", "$patch": "delete"}], None, [{"name": "n"}]]
                ),
                "$retainKeys": ["containers"],
            },
        )
    )
    return {"spec": {"template": {"spec": spec}}}


def _plain_patch(draw: random.Random) -> dict[str, Any]:
    return {
        "data": draw.choice(
            [None, {"a": None}, {"$patch": "replace", "b": "9"}, _mapping(draw)]
        )
    }


def _service(draw: random.Random) -> dict[str, Any]:
    ports = [
        {
            "port": draw.choice([80, 443, 8080, 80, 443, 0]),
            **_sometimes(
                draw,
                0.6,
                name=draw.choice(["p", "q", "P_"]),
                targetPort=draw.choice([80, "web", 0]),
                protocol=draw.choice(["TCP", "UDP", "TCP", "X"]),
            ),
        }
        for _ in range(draw.randrange(1, 3))
    ]
    return {
        "spec": {
            "clusterIP": "None",
            "selector": {"a": _word(draw), **_mapping(draw)},
            **_sometimes(
                draw,
                0.8,
                ports=ports,
                sessionAffinity=draw.choice(["None", "ClientIP", "None", "X"]),
            ),
        }
    }


def _lease(draw: random.Random) -> dict[str, Any]:
    spec = _sometimes(
        draw,
        0.6,
        holderIdentity=_word(draw),
        leaseDurationSeconds=draw.choice([1, 15, 20, 0]),
        renewTime=draw.choice(
            [
                "2024-01-01T00:00:00.000000Z",
                "2024-01-01T01:00:00.500000+01:00",
                "2024-02-01T00:00:00.000000Z",
                "bad",
            ]
        ),
        leaseTransitions=draw.choice([0, 1, 2, -1]),
    )
    return {"spec": spec}


def gadget_spec(draw: random.Random) -> dict[str, Any]:
    """Return fields of the custom resource of definition()."""
    ports = [
        {
            "name": draw.choice(["a", "b", "c"]),
            **_sometimes(draw, 0.7, port=draw.choice([1, 2, 3, 4, 70000, "x"])),
        }
        for _ in range(draw.randrange(3))
    ]
    return _sometimes(
        draw,
        0.45,
        color=draw.choice(["red", "green", "red", "green", "blue", 3]),
        replicas=draw.choice([0, 1, 5, 3, 2, 11, 2.5, None]),
        note=draw.choice([None, "n", "toolong-toolong", ""]),
        ports=ports,
        tags=draw.choice([["x"], ["x", "y"], ["z"], ["y", "x"], ["x", "x"], []]),
        words=draw.choice([["x"], ["x", "x"], []]),
        limits=draw.choice(
            [{"cpu": 1}, {"cpu": "1"}, {}, {"a.b": "x"}, {"cpu": 1, "m": "2"}]
        ),
        free=draw.choice([{"a": 1}, {"a": {"b": [1]}}, {}]),
        either=draw.choice([1, "50%", 2, True]),
        when=draw.choice(["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "nope"]),
        low=draw.choice([1, 5]),
        high=draw.choice([3, 9]),
        **_sometimes(draw, 0.2, bogus=1),
    )


def _gadget(draw: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"spec": gadget_spec(draw)} if draw.random() < 0.95 else {}
    return {**found, **_sometimes(draw, 0.2, status={"phase": "P"}, extra=1)}


_PORT: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "port": {"type": "integer", "maximum": 65535},
        "protocol": {"type": "string", "default": "TCP"},
    },
}


def definition() -> dict[str, Any]:
    """Return the definition of the custom resource that is compared."""
    properties: dict[str, Any] = {
        "color": {"type": "string", "enum": ["red", "green"]},
        "replicas": {"type": "integer", "default": 1, "minimum": 0, "maximum": 10},
        "note": {"type": "string", "nullable": True, "maxLength": 5},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": _PORT,
        },
        "tags": {
            "type": "array",
            "x-kubernetes-list-type": "set",
            "items": {"type": "string"},
        },
        "words": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        "limits": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "x-kubernetes-int-or-string": True,
            },
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "either": {"x-kubernetes-int-or-string": True},
        "when": {"type": "string", "format": "date-time"},
        "low": {"type": "integer"},
        "high": {"type": "integer"},
    }
    spec = {
        "type": "object",
        "properties": properties,
        "x-kubernetes-validations": [
            {
                "rule": "!has(self.low) || !has(self.high) || self.low <= self.high",
                "message": "low must be <= high",
            }
        ],
    }
    status = {"type": "object", "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}}}  # fmt: skip
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
            },
        },
        "selectableFields": [{"jsonPath": ".spec.color"}],
        "additionalPrinterColumns": [
            {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
            {"name": "N", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
        ],
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": spec, "status": status},
            }
        },
    }  # fmt: skip
    names = {"plural": "widgets", "kind": "Widget", "listKind": "WidgetList", "singular": "widget"}  # fmt: skip
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.compared.dev"},
        "spec": {
            "group": "compared.dev",
            "scope": "Namespaced",
            "names": names,
            "versions": [version],
        },
    }


KINDS = (
    Kind("ConfigMap", "v1", "configmaps", "", _config_map, (("/data/a", _word), ("/data", _mapping), ("/immutable", _odd)), _plain_patch),
    Kind("Secret", "v1", "secrets", "", _secret, (("/data/k", lambda _: "aGk="), ("/type", _word)), _plain_patch),
    Kind("Deployment", "v1", "deployments", "apps", _deployment,
         (("/spec/template/spec/containers/0", _container), ("/spec/template/spec/containers/-", _container), ("/spec/template/spec/nodeSelector", _mapping)),
         _deployment_patch, status=True),
    Kind("Service", "v1", "services", "", _service, (("/spec/ports/0/port", lambda d: d.choice([81, "x"])), ("/spec/selector", _mapping))),
    Kind("Lease", "v1", "leases", "coordination.k8s.io", _lease, (("/spec/holderIdentity", _word),)),
    Kind("Role", "v1", "roles", "rbac.authorization.k8s.io", _role, (("/rules/0", _rule), ("/rules/-", _rule))),
    Kind("Widget", "v1", "widgets", "compared.dev", _gadget,
         (("/spec/color", lambda d: d.choice(["red", "blue"])), ("/spec/ports/0", lambda d: {"name": d.choice("abc")}), ("/spec/tags/-", lambda d: d.choice("xyz")),
          ("/spec/replicas", lambda d: d.choice([2, 20, "x"]))), status=True),
)  # fmt: skip

MANAGERS = ("m1", "m2", "m3")
NAMES = ("one", "two", "three")


def _metadata(draw: random.Random, name: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if name is None else {"name": name}
    found.update(
        _sometimes(
            draw,
            0.25,
            labels={
                draw.choice(["app", "tier"]): draw.choice(
                    ["web", "db", "web", "db", "x", "bad value"]
                )
            },
            annotations=draw.choice(
                [{"note": _word(draw)}, {"note": "x", "b": "c"}, {"a/b/c": "x"}, {}]
            ),
            finalizers=draw.choice(
                [["example.com/f"], [], ["example.com/f", "example.com/g"], ["bad"]]
            ),
        )
    )
    found.update(_sometimes(draw, 0.03, generateName="g-", uid="u", bogus=1))
    return found


def _object(draw: random.Random, kind: Kind, name: str | None) -> dict[str, Any]:
    typed = {"apiVersion": kind.api_version, "kind": kind.name}
    if draw.random() < 0.02:
        typed = draw.choice([{}, {"kind": "Other"}, {**typed, "apiVersion": "v9"}])
    return {**typed, "metadata": _metadata(draw, name), **kind.fields(draw)}


def _write_params(draw: random.Random) -> dict[str, str]:
    found = _sometimes(
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
        **_sometimes(draw, 0.3, force="true"),
    }
    params.update(_sometimes(draw, 0.05, dryRun="All"))
    body = _object(draw, kind, draw.choice([name, name, name, None]))
    return Step("PATCH", f"{path}/{name}", params, body, APPLY)


def _merge(draw: random.Random, kind: Kind, path: str) -> Step:
    body = _sometimes(draw, 0.6, **kind.fields(draw))
    if draw.random() < 0.4:
        body["metadata"] = _metadata(draw, None)
    for key in list(body):
        if draw.random() < 0.1:
            body[key] = _odd(draw)
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
                ("/metadata/labels", _mapping),
                ("/metadata/annotations", _mapping),
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
    body: dict[str, Any] = _sometimes(
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
    params = _sometimes(
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
    params = _sometimes(
        draw,
        0.1,
        pretty="true",
        includeObject="None",
        resourceVersion=draw.choice(["0", "1", "x"]),
    )
    return Step("GET", f"{path}/{draw.choice(NAMES)}", params, accept=accept)


def _list(draw: random.Random, _kind: Kind, path: str) -> Step:
    accept = draw.choice([JSON, JSON, JSON, TABLE, PARTIAL, PARTIAL_LIST])
    params = _sometimes(
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
        _sometimes(
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
    return _sometimes(
        draw,
        0.5,
        labelSelector=draw.choice(["app=web", "app", "!tier", "app!=web"]),
        fieldSelector=draw.choice(["metadata.name=one", "metadata.name!=two"]),
    )
