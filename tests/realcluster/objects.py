"""Random contents of built-in kinds, and of patches of them: usual ones, and some that are wrong."""

from __future__ import annotations

import random
from typing import Any


def word(draw: random.Random) -> str:
    return draw.choice(["a", "b", "c", "", "x-1", "true", "7"])


def odd(draw: random.Random) -> Any:
    """Return a value of a shape that may not fit."""
    return draw.choice([None, 1, -1, 1.5, True, "s", "", [], {}, [1], {"a": "b"}])


def mapping(draw: random.Random) -> dict[str, Any]:
    return {draw.choice("abc"): word(draw) for _ in range(draw.randrange(3))}


def sometimes(draw: random.Random, share: float, **values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if draw.random() < share}


def config_map(draw: random.Random) -> dict[str, Any]:
    return sometimes(
        draw,
        0.6,
        data=mapping(draw),
        binaryData=draw.choice([{}, {"z": "aGk="}, {"z": "aGk="}, {"z": "not base64"}]),
        immutable=draw.choice([False, False, False, True]),
    )


def secret(draw: random.Random) -> dict[str, Any]:
    return sometimes(
        draw,
        0.5,
        data=draw.choice([{"k": "aGk="}, {"k": ""}, {"l": "aGk="}, {}]),
        stringData=mapping(draw),
        type=draw.choice(["Opaque", "example.com/x", "kubernetes.io/tls", ""]),
    )


def rule(draw: random.Random) -> dict[str, Any]:
    return sometimes(
        draw,
        0.8,
        verbs=draw.choice([["get"], ["get", "list"], [], ["*"]]),
        apiGroups=draw.choice([[""], ["apps"], [], ["*"]]),
        resources=draw.choice([["pods"], ["pods/log"], [], ["*"]]),
        resourceNames=draw.choice([["a"], [], None]),
        nonResourceURLs=draw.choice([None, None, None, ["/x"]]),
    )


def role(draw: random.Random) -> dict[str, Any]:
    rules = [rule(draw) for _ in range(draw.randrange(3))]
    return sometimes(draw, 0.8, rules=rules)


def container(draw: random.Random) -> dict[str, Any]:
    named = {"name": draw.choice(["c1", "c2", "c3"])}
    return {
        **(named if draw.random() < 0.95 else {}),
        **sometimes(draw, 0.8, image=draw.choice(["i:1", "i:2", "i"])),
        **sometimes(
            draw,
            0.3,
            args=draw.choice([["a"], ["a", "b"], []]),
            env=[
                {"name": draw.choice("AB"), **sometimes(draw, 0.8, value=word(draw))}
                for _ in range(draw.randrange(3))
            ],
            ports=[
                {
                    "containerPort": draw.choice([80, 81, 82, 80, 0]),
                    **sometimes(
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
    containers = [container(draw) for _ in range(draw.randrange(1, 3))]
    return {
        "containers": containers,
        **sometimes(
            draw,
            0.3,
            restartPolicy=draw.choice(["Always", "Always", "Always", "Never", "Bogus"]),
            nodeSelector=mapping(draw),
            volumes=[{"name": draw.choice(["v", "w"]), "emptyDir": {}}],
            tolerations=[{"key": draw.choice("ab"), "operator": "Exists"}],
            terminationGracePeriodSeconds=draw.choice([0, 5, -1]),
            hostname=draw.choice(["h", "g", "UPPER"]),
        ),
    }


def deployment(draw: random.Random) -> dict[str, Any]:
    labels = {"app": draw.choice(["a", "a", "a", "a", "a", "b"])}
    spec = {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": labels}, "spec": _pod_spec(draw)},
        **sometimes(
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


def deployment_patch(draw: random.Random) -> dict[str, Any]:
    item = draw.choice(
        [
            container(draw),
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
        sometimes(
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


def plain_patch(draw: random.Random) -> dict[str, Any]:
    return {
        "data": draw.choice(
            [None, {"a": None}, {"$patch": "replace", "b": "9"}, mapping(draw)]
        )
    }


def service(draw: random.Random) -> dict[str, Any]:
    ports = [
        {
            "port": draw.choice([80, 443, 8080, 80, 443, 0]),
            **sometimes(
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
            "selector": {"a": word(draw), **mapping(draw)},
            **sometimes(
                draw,
                0.8,
                ports=ports,
                sessionAffinity=draw.choice(["None", "ClientIP", "None", "X"]),
            ),
        }
    }


def lease(draw: random.Random) -> dict[str, Any]:
    spec = sometimes(
        draw,
        0.6,
        holderIdentity=word(draw),
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
