"""Whatever is sent, the answer is never a failure of the server."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.devcluster.conftest import CONFIGMAPS, CRD, GADGETS, RBAC, Api, gadget_crd

from fairlead.devcluster.jsontypes import is_array, is_object

KEYS = st.sampled_from(
    [
        "metadata", "spec", "status", "data", "name", "labels", "annotations", "finalizers",
        "ownerReferences", "managedFields", "kind", "apiVersion", "names", "versions", "schema",
        "openAPIV3Schema", "properties", "type", "rules", "subjects", "roleRef", "verbs", "uid",
        "template", "containers", "selector", "matchLabels", "color", "ports", "x", "$patch",
    ]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=14,
)
COLLECTIONS = st.sampled_from(
    [
        CONFIGMAPS, GADGETS, CRD, f"{RBAC}/clusterroles", f"{RBAC}/clusterrolebindings",
        "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/secrets",
        "/api/v1/namespaces/default/services", "/api/v1/namespaces/default/events",
        "/apis/apps/v1/namespaces/default/deployments", "/apis/batch/v1/namespaces/default/jobs",
        "/api/v1/namespaces", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        "/apis/events.k8s.io/v1/namespaces/default/events",
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
    ]
)  # fmt: skip
PATCHES = st.sampled_from(
    [
        "application/merge-patch+json", "application/json-patch+json",
        "application/strategic-merge-patch+json", "application/apply-patch+yaml",
    ]
)  # fmt: skip
PARAMS = st.dictionaries(
    st.sampled_from(
        [
            "limit", "continue", "labelSelector", "fieldSelector", "resourceVersion",
            "resourceVersionMatch", "dryRun", "fieldValidation", "fieldManager", "force",
            "propagationPolicy", "gracePeriodSeconds", "timeout", "pretty",
        ]
    ),
    st.sampled_from(["", "0", "1", "-1", "All", "Exact", "true", "x", "a=b", "Strict", "9" * 30]),
    max_size=3,
)  # fmt: skip
QUIET = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def _never_fails(  # noqa: PLR0917 - one request, spelled out
    api: Api, method: str, path: str, body: Any, media: str, params: dict[str, str]
) -> None:
    answer = await api.ask(method, path, body, media=media, params=params)
    assert answer.status < 500 or answer.status == 504, answer.text


@QUIET
@given(path=COLLECTIONS, body=VALUES, params=PARAMS)
async def test_any_body_can_be_posted(
    gadgets: Api, path: str, body: Any, params: dict[str, str]
) -> None:
    await _never_fails(gadgets, "POST", path, body, "application/json", params)


@QUIET
@given(
    path=COLLECTIONS, spec=VALUES, metadata=st.dictionaries(KEYS, VALUES, max_size=3)
)
async def test_any_named_object_can_be_posted(
    gadgets: Api, path: str, spec: Any, metadata: dict[str, Any]
) -> None:
    body = {
        "metadata": {**metadata, "name": "fuzz"},
        "spec": spec,
        "rules": spec,
        "data": spec,
    }
    await _never_fails(
        gadgets, "POST", path, body, "application/json", {"dryRun": "All"}
    )
    kind = {"kind": "Gadget", "apiVersion": "demo.dev/v1"}
    await _never_fails(
        gadgets, "POST", GADGETS, {**kind, **body}, "application/json", {}
    )


POD = {
    "containers": [
        {
            "name": "c",
            "image": "i",
            "ports": [{"containerPort": 1}],
            "env": [{"name": "E"}],
        }
    ]
}
SHAPES: dict[str, Any] = {
    "/api/v1/namespaces/default/pods": {"spec": POD},
    "/api/v1/namespaces/default/services": {
        "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}
    },
    "/apis/apps/v1/namespaces/default/deployments": {
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "strategy": {"type": "RollingUpdate"},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD},
        }
    },
    f"{RBAC}/clusterroles": {
        "rules": [
            {
                "verbs": ["get"],
                "apiGroups": [""],
                "resources": ["pods"],
                "resourceNames": ["x"],
            }
        ],
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    },
    f"{RBAC}/clusterrolebindings": {
        "subjects": [{"kind": "User", "name": "x"}],
        "roleRef": {"kind": "ClusterRole", "name": "view"},
    },
    "/api/v1/namespaces/default/events": {
        "involvedObject": {"namespace": "default", "name": "x"},
        "source": {"component": "c"},
        "series": {"count": 1},
    },
    CRD: gadget_crd(),
    "/apis/authorization.k8s.io/v1/subjectaccessreviews": {
        "spec": {"user": "x", "groups": ["g"], "resourceAttributes": {"verb": "get"}}
    },
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside a value."""
    inside: list[tuple[Any, Any]] = []
    if is_object(value):
        inside = list(value.items())
    elif is_array(value):
        inside = list(enumerate(value))
    found: list[tuple[Any, ...]] = []
    for key, item in inside:
        found += [(*path, key), *_places(item, (*path, key))]
    return found


def _planted(shape: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(shape)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("path", list(SHAPES))
@pytest.mark.parametrize("value", [None, 1, "x", [None]], ids=repr)
async def test_any_place_can_hold_the_wrong_value(
    api: Api, path: str, value: Any
) -> None:
    for place in _places(SHAPES[path]):
        body = _planted(SHAPES[path], place, value)
        body.setdefault("metadata", {"name": "fuzz"})
        await _never_fails(api, "POST", path, body, "application/json", {})
        await api.delete(f"{path}/fuzz", gracePeriodSeconds="0")
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    assert (await api.ask("GET", path, headers=table)).status < 500


@QUIET
@given(media=PATCHES, body=VALUES, params=PARAMS)
async def test_any_patch_can_be_sent(
    gadgets: Api, media: str, body: Any, params: dict[str, str]
) -> None:
    for path in (
        "/api/v1/namespaces/default",
        f"{CONFIGMAPS}/kube-root-ca.crt",
        f"{CRD}/gadgets.demo.dev",
    ):
        await _never_fails(
            gadgets, "PATCH", path, body, media, {**params, "dryRun": "All"}
        )


@QUIET
@given(path=COLLECTIONS, params=PARAMS)
async def test_any_parameters_can_be_asked(
    gadgets: Api, path: str, params: dict[str, str]
) -> None:
    await _never_fails(gadgets, "GET", path, None, "application/json", params)


@QUIET
@given(
    body=st.binary(max_size=64),
    media=st.sampled_from(
        ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
    ),
)
async def test_any_bytes_can_be_sent(gadgets: Api, body: bytes, media: str) -> None:
    await _never_fails(gadgets, "POST", CONFIGMAPS, body, media, {})
    await _never_fails(gadgets, "DELETE", f"{CONFIGMAPS}/none", body, media, {})
