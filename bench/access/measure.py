"""What a permission check costs: per call, cached and cold, and in round trips.

    .venv/bin/python bench/access/measure.py [CALLS]

CPU time of this process for calls in process; round trips are counted at the engine, against a
dev cluster in a process of its own. The way of prior art is four access reviews for each view.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import yaml

from fairlead import (
    Context,
    Request,
    Router,
    Services,
    User,
    authenticated,
    create_caller,
    mutation,
    public,
    query,
)
from fairlead.access import Audit, Kind, ResourceAttributes, can
from fairlead.access.local import LocalAuthorizer
from fairlead.access.sources import YamlSource
from fairlead.access.store import AuditStore
from fairlead.kube import Kube
from fairlead.kube.client import KubeRequest

THINGS = Kind(group="example.com", plural="things")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
KINDS = ("codebases", "pipelineruns", "stages", "deployments", "pods")


class App(Router[Context]):
    @query(access=public)
    async def open(self, namespace: str) -> None: ...

    @query(access=authenticated)
    async def signed_in(self, namespace: str) -> None: ...

    @query(access=can("get", THINGS))
    async def guarded(self, namespace: str) -> None: ...

    @mutation(access=can("get", THINGS))
    async def recorded(self, namespace: str) -> None: ...


def role(user: str) -> list[dict[str, object]]:
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
    group = "rbac.authorization.k8s.io"
    head = {"apiVersion": f"{group}/v1", "metadata": {"name": f"bench-{user}"}}
    ref = {"apiGroup": group, "kind": "ClusterRole", "name": f"bench-{user}"}
    subject = {"apiGroup": group, "kind": "User", "name": user}
    return [
        {**head, "kind": "ClusterRole", "rules": [rule]},
        {**head, "kind": "ClusterRoleBinding", "roleRef": ref, "subjects": [subject]},
    ]


async def per_call(call: Callable[[], Awaitable[object]], count: int) -> float:
    """Microseconds of CPU time."""
    for _ in range(count // 10):
        await call()
    started = time.process_time()
    for _ in range(count):
        await call()
    return (time.process_time() - started) / count * 1e6


def app_for(services: Services) -> App:
    request = Request(user=User(name="ann"), services=services)
    return create_caller(App, Context(request=request))


async def measure_calls(kube: Kube, folder: Path, count: int) -> None:
    roles = folder / "roles.yaml"
    roles.write_text(yaml.safe_dump_all(role("ann")))
    alone = app_for(Services(LocalAuthorizer(YamlSource(roles))))
    kept = Services(kube)
    cluster = app_for(kept)
    base = await per_call(lambda: cluster.open("a"), count)
    print(f"{'public query (no check)':<44}{base:8.2f} us")
    for name, call in (
        ("authenticated", lambda: cluster.signed_in("a")),
        ("can(), cluster, cached", lambda: cluster.guarded("a")),
        ("can(), local engine", lambda: alone.guarded("a")),
    ):
        spent = await per_call(call, count)
        print(f"{name:<44}{spent:8.2f} us  (+{spent - base:.2f})")
    async with AuditStore(folder / "audit.sqlite", max_pending=count * 2) as store:
        kept.add(Audit(lambda _: None))
        bare = await per_call(lambda: cluster.recorded("a"), count)
        kept.add(Audit(store))
        stored = await per_call(lambda: cluster.recorded("a"), count)
    print(f"{'mutation, can() cached, audit to nowhere':<44}{bare:8.2f} us")
    print(f"{'mutation, can() cached, audit to SQLite':<44}{stored:8.2f} us")


async def measure_cold(kube: Kube) -> None:
    request = Request(user=User(name="ann"), services=Services(kube))
    engine = kube.authorizer
    waits: list[float] = []
    for number in range(50):
        right = ResourceAttributes(
            verb="get", group="", plural="pods", namespace=f"n{number}"
        )
        started = time.perf_counter()
        await engine.review(request, right)
        waits.append((time.perf_counter() - started) * 1e3)
    print(f"{'can(), cluster, cold: median wait':<44}{sorted(waits)[25]:8.2f} ms")


async def measure_views(kube: Kube) -> None:
    request = Request(user=User(name="ann"), services=Services(kube))
    engine = kube.authorizer
    rights = [
        ResourceAttributes(verb=verb, group="", plural=kind, namespace="views")
        for kind in KINDS
        for verb in VERBS
    ]
    before = engine.round_trips
    started = time.perf_counter()
    await engine.review_many(request, rights)
    ours = (time.perf_counter() - started) * 1e3
    trips = engine.round_trips - before
    one_by_one = [right for right in rights if right.verb in VERBS[3:]]
    started = time.perf_counter()
    user = kube.acting_for(request, User(name="ann"))
    await asyncio.gather(
        *(engine._ask(user.credentials, None, right) for right in one_by_one)
    )
    theirs = (time.perf_counter() - started) * 1e3
    print(
        f"a page of {len(KINDS)} kinds, {len(rights)} rights: {trips} round trip, {ours:.1f} ms"
    )
    print(
        f"  prior art's way, 4 rights a kind: {len(one_by_one)} round trips, {theirs:.1f} ms"
    )


async def measure(folder: Path, count: int) -> None:
    async with Kube.from_kubeconfig(
        folder / "kubeconfig", identity="impersonate"
    ) as kube:
        await apply_roles(kube)
        await measure_calls(kube, folder, count)
        await measure_cold(kube)
        await measure_views(kube)


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "fairlead.devcluster", "--port", "0"]
        cluster = subprocess.Popen([*command, "--data", name], stdout=subprocess.PIPE)
        try:
            assert cluster.stdout is not None
            cluster.stdout.readline()
            asyncio.run(measure(Path(name), count))
        finally:
            cluster.terminate()
            cluster.wait()


async def apply_roles(kube: Kube) -> None:
    for made in role("ann"):
        path = f"/apis/rbac.authorization.k8s.io/v1/{str(made['kind']).lower()}s"
        credentials = kube.client.server_credentials
        body = msgspec.json.encode(made)
        await kube.client.send(
            KubeRequest(method="POST", path=path, credentials=credentials, body=body)
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
