"""Random roles and bindings: the local engine, the cluster and kubectl decide alike."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kube.cluster import RBAC, prepare, send

from fairlead import Request, Services, User
from fairlead.access import ResourceAttributes
from fairlead.access.objects import parse_object
from fairlead.access.rbac import RbacPolicy
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube
from fairlead.kube.reviews import ClusterAuthorizer, ReviewOptions

NAMESPACES = ("team-a", "team-b")
GROUP = "rbac.authorization.k8s.io"
USERS = (
    User(name="ann", groups=("devs", "ops")),
    User(name="bob", groups=("ops",)),
    User(name="system:serviceaccount:team-a:robot"),
)

RIGHTS = [
    ResourceAttributes(
        verb=verb,
        group=group,
        plural=plural,
        subresource=subresource,
        namespace=namespace,
        name=name,
    )
    for verb in ("get", "create", "patch")
    for group, plural, subresource in (
        ("", "pods", None),
        ("", "pods", "log"),
        ("apps", "deployments", None),
        ("apps", "deployments", "scale"),
    )
    for namespace in (*NAMESPACES, None)
    for name in (None, "one")
]


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


rules = st.fixed_dictionaries(
    {
        "verbs": some("get", "create", "patch", "*"),
        "apiGroups": some("", "apps", "*"),
        "resources": some("pods", "pods/log", "deployments", "*/scale", "pods/*", "*"),
    },
    optional={"resourceNames": some("one", "two")},
)
subjects = st.sampled_from(
    [
        {"kind": "User", "name": "ann", "apiGroup": GROUP},
        {"kind": "User", "name": "bob", "apiGroup": GROUP},
        {"kind": "Group", "name": "devs", "apiGroup": GROUP},
        {"kind": "Group", "name": "ops", "apiGroup": GROUP},
        {"kind": "Group", "name": "system:authenticated", "apiGroup": GROUP},
        {"kind": "ServiceAccount", "name": "robot", "namespace": "team-a"},
        {"kind": "ServiceAccount", "name": "robot", "namespace": "team-b"},
    ]
)


@st.composite
def worlds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Roles r0.. and bindings, some of which refer to roles that are not there."""
    objects: list[dict[str, Any]] = []
    names = [f"r{number}" for number in range(3)]
    for name in names[: draw(st.integers(1, 3))]:
        namespace = draw(st.sampled_from((*NAMESPACES, None)))
        objects.append(
            make("Role", name, namespace, rules=draw(st.lists(rules, max_size=3)))
        )
    for number in range(draw(st.integers(1, 4))):
        namespace = draw(st.sampled_from((*NAMESPACES, None)))
        kinds = ("ClusterRole",) if namespace is None else ("Role", "ClusterRole")
        ref = {
            "apiGroup": GROUP,
            "kind": draw(st.sampled_from(kinds)),
            "name": draw(st.sampled_from(names)),
        }
        given_to = draw(st.lists(subjects, max_size=3))
        objects.append(
            make("RoleBinding", f"b{number}", namespace, roleRef=ref, subjects=given_to)
        )
    return objects


def make(kind: str, name: str, namespace: str | None, **body: Any) -> dict[str, Any]:
    where = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind if namespace else f"Cluster{kind}",
        "metadata": {"name": f"random-{name}", **where},
        **body,
    } | ({"roleRef": body["roleRef"] | {"name": f"random-{body['roleRef']['name']}"}} if "roleRef" in body else {})  # fmt: skip


def get_path(made: Mapping[str, Any]) -> str:
    namespace = made["metadata"].get("namespace")
    where = f"/namespaces/{namespace}" if namespace else ""
    return f"{RBAC}{where}/{made['kind'].lower()}s"


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    async with DevCluster() as cluster:
        yield cluster


@pytest.fixture
async def kube(cluster: DevCluster) -> AsyncIterator[Kube]:
    async with Kube.from_kubeconfig(cluster.kubeconfig_path) as kube:
        await prepare(kube.client)
        yield kube


async def put(kube: Kube, world: list[dict[str, Any]]) -> None:
    for made in world:
        await send(kube.client, "POST", get_path(made), made)


async def remove(kube: Kube, world: list[dict[str, Any]]) -> None:
    for made in world:
        await send(
            kube.client, "DELETE", f"{get_path(made)}/{made['metadata']['name']}"
        )


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds(), picked=st.lists(st.sampled_from(RIGHTS), min_size=6, max_size=6))
async def test_the_local_engine_decides_as_the_cluster_does(
    kube: Kube, world: list[dict[str, Any]], picked: list[ResourceAttributes]
) -> None:
    local = RbacPolicy(parse_object(made, "random") for made in world)
    one_by_one = ClusterAuthorizer(kube.client, "service", ReviewOptions(seconds=0))
    await put(kube, world)
    try:
        for user in USERS:
            request = Request(user=user, services=Services(kube))
            by_rules = ClusterAuthorizer(kube.client, "impersonate")
            told = await by_rules.review_many(request, RIGHTS)
            assert by_rules.round_trips == 3  # two namespaces, and everywhere
            expected = {right: local.allows(user, right) for right in RIGHTS}
            found = {
                right: decision.allowed
                for right, decision in zip(RIGHTS, told, strict=True)
            }
            assert found == expected
            reviews = await one_by_one.review_many(request, picked)
            assert [review.allowed for review in reviews] == [
                expected[right] for right in picked
            ]
    finally:
        await remove(kube, world)


@pytest.mark.kubectl
async def test_kubectl_says_the_same(cluster: DevCluster, kube: Kube) -> None:
    """A fixed world that has a bit of everything; each question is a process of its own."""
    world = [
        make("Role", "r0", "team-a", rules=[{"verbs": ["get"], "apiGroups": [""], "resources": ["*"]}]),
        make("Role", "r1", None, rules=[{"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*/scale", "deployments"], "resourceNames": ["one"]}]),
        make("RoleBinding", "b0", "team-a", roleRef={"apiGroup": GROUP, "kind": "Role", "name": "r0"}, subjects=[{"kind": "Group", "name": "ops", "apiGroup": GROUP}]),
        make("RoleBinding", "b1", None, roleRef={"apiGroup": GROUP, "kind": "ClusterRole", "name": "r1"}, subjects=[{"kind": "User", "name": "ann", "apiGroup": GROUP}]),
    ]  # fmt: skip
    local = RbacPolicy(parse_object(made, "fixed") for made in world)
    await put(kube, world)
    asked = list(itertools.islice(RIGHTS, 0, None, 5))
    expected = [local.allows(user, right) for user in USERS[:2] for right in asked]
    assert True in expected
    assert False in expected
    answers = await asyncio.gather(
        *(
            asyncio.to_thread(can_i, cluster, user, right)
            for user in USERS[:2]
            for right in asked
        )
    )
    assert answers == expected


def can_i(cluster: DevCluster, user: User, right: ResourceAttributes) -> bool:
    resource = f"{right.plural}.{right.group}" if right.group else right.plural
    name = f"/{right.name}" if right.name else ""
    command = [
        os.environ.get("FAIRLEAD_KUBECTL", "kubectl"),
        f"--kubeconfig={cluster.kubeconfig_path}",
        "auth",
        "can-i",
        right.verb,
        f"{resource}{name}",
        f"--as={user.name}",
        *(f"--as-group={group}" for group in user.groups),
    ]
    command += (
        [f"--namespace={right.namespace}"] if right.namespace else ["--all-namespaces"]
    )
    if right.subresource:
        command.append(f"--subresource={right.subresource}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() in ("yes", "no"), done.stderr
    return done.stdout.strip() == "yes"
