"""The same random requests to a real kube-apiserver and to the dev cluster, answers compared.

    make real-apiserver COMPARE=500 [SEED=0]
    python -m tests.realcluster.compare --beside DIR --cases 1 --first-seed 4711 -v    one case again

DIR is the folder of a running tests/realcluster. What differs for a reason stands in
`known_differences`; everything else is a bug.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from tests.realcluster.cases import Step, make_case, watch_selectors
from tests.realcluster.gadgets import definition
from tests.realcluster.known_differences import is_known

from fairlead.devcluster import DevCluster
from fairlead.devcluster.jsontypes import is_array, is_object

AT_ONCE = 4
PREFIX = f"c{int(time.time()) % 100000}-"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_KEPT_TIMES = ("2024-",)
_TELLING = {"/body/message": 0, "/status": 1}
_HELD = re.compile(r"\$(rv|uid):(\w+)|\$continue")


@dataclass
class Side:
    """One of the two servers, and what it gave in the case at hand."""

    name: str
    url: str
    session: aiohttp.ClientSession
    seen: dict[str, str] = field(default_factory=dict[str, str])

    def fresh(self) -> Side:
        """Return the same server for another case."""
        return replace(self, seen={})

    async def send(self, step: Step) -> dict[str, Any]:
        """Send one request and return the answer in a comparable form."""
        body = None if step.body is None else self._filled(json.dumps(step.body))
        params = {name: self._filled(value) for name, value in step.params.items()}
        headers = {"Content-Type": step.media, "Accept": step.accept}
        async with self.session.request(
            step.method, self.url + step.path, params=params, data=body, headers=headers
        ) as answer:
            text = await answer.text()
            warnings = answer.headers.getall("Warning", [])
            status, media = answer.status, answer.headers.get("Content-Type", "")
        try:
            found: Any = json.loads(text)
        except ValueError:
            found = text
        self._note(found)
        whole: dict[str, Any] = masked(
            {"status": status, "type": media, "warnings": warnings, "body": found}
        )
        return whole

    def _filled(self, text: str) -> str:
        return _HELD.sub(lambda held: self.seen.get(held[0], "0"), text)

    def _note(self, body: Any) -> None:
        if not is_object(body):
            return
        metadata: dict[str, Any] = body.get("metadata") or {}
        if token := metadata.get("continue"):
            self.seen["$continue"] = token
        if metadata.get("name") and metadata.get("uid"):
            self.seen[f"$uid:{metadata['name']}"] = metadata["uid"]
            self.seen[f"$rv:{metadata['name']}"] = metadata.get("resourceVersion", "0")

    async def watch(self, path: str, revision: str, params: dict[str, str]) -> Any:
        """Return what a watch from a version shows until it is over."""
        asked = {
            "watch": "1",
            "resourceVersion": revision,
            "timeoutSeconds": "1",
            **params,
        }
        async with self.session.get(self.url + path, params=asked) as answer:
            text = await answer.text()
        return masked([json.loads(line) for line in text.splitlines()])


def masked(value: Any, key: str = "") -> Any:
    """Return an answer without what no two servers have in common."""
    if is_object(value):
        details = value.get("details")
        if is_object(details) and value.get("reason") == "Invalid":
            # The real one goes through maps in no order; the message is made of the causes.
            causes = sorted(details.get("causes", []), key=json.dumps)
            value = {**value, "message": "", "details": {**details, "causes": causes}}
        return {name: masked(item, name) for name, item in value.items()}
    if is_array(value):
        if key == "causes":  # the real one says some things twice on updates
            value = [item for at, item in enumerate(value) if item not in value[:at]]
        return [masked(item, key) for item in value]
    if not isinstance(value, str):
        return value
    if value and key in ("resourceVersion", "continue", "selfLink"):
        return f"<{key}>"
    text = _UUID.sub("<uid>", value)
    if not value.startswith(_KEPT_TIMES):
        text = _TIME.sub("<time>", text)
    text = re.sub(r'resourceVersion[":\\]*\d+', "<rv>", text)
    return re.sub(r"\b\d{4,}\b", "<number>", text) if key == "message" else text


def differences(real: Any, dev: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two answers differ, with both values."""
    if is_object(real) and is_object(dev):
        for name in sorted({*real, *dev}):
            yield from differences(
                real.get(name, "<absent>"), dev.get(name, "<absent>"), f"{path}/{name}"
            )
    elif is_array(real) and is_array(dev) and len(real) == len(dev):
        for index, (first, second) in enumerate(zip(real, dev, strict=True)):
            yield from differences(first, second, f"{path}/{index}")
    elif real != dev:
        yield path, real, dev


@dataclass(frozen=True)
class Difference:
    """One place where the two servers do not agree."""

    seed: int
    step: str
    path: str
    real: Any
    dev: Any

    @property
    def group(self) -> str:
        """Return what differences of the same cause have in common, roughly."""
        return re.sub(
            r"/\d+",
            "/#",
            f"{self.step.split(' {')[0].rpartition('/namespaces/')[2].partition('/')[2]} {self.path}",
        )


async def compare_case(real: Side, dev: Side, seed: int) -> list[Difference]:
    """Send one case to both and return the first step's differences, if any."""
    namespace = f"{PREFIX}{seed}"
    for side in (real, dev):
        made = Step("POST", "/api/v1/namespaces", {}, {"metadata": {"name": namespace}})
        await side.send(made)
    certificate = f"/api/v1/namespaces/{namespace}/configmaps/kube-root-ca.crt"
    await dev.send(
        Step("DELETE", certificate)
    )  # the real one runs without controllers here
    steps = make_case(seed, namespace)
    collection = steps[-1].path
    begun = [await _revision(side, collection) for side in (real, dev)]
    found: list[Difference] = []
    for step in steps:
        answers = await asyncio.gather(real.send(step), dev.send(step))
        found = [Difference(seed, str(step), *each) for each in differences(*answers)
                 if not is_known(step, *each, answers[0])]  # fmt: skip
        if found:
            return found
    selectors = watch_selectors(seed)
    events = await asyncio.gather(
        *(
            side.watch(collection, at, selectors)
            for side, at in zip((real, dev), begun, strict=True)
        )
    )
    label = f"WATCH {collection} {selectors}"
    return [Difference(seed, label, *each) for each in differences(*events)]


async def _revision(side: Side, collection: str) -> str:
    async with side.session.get(side.url + collection) as answer:
        return str((await answer.json())["metadata"]["resourceVersion"])


@asynccontextmanager
async def _session(ca: Path, token: str) -> AsyncGenerator[aiohttp.ClientSession]:
    trusted = ssl.create_default_context(cafile=str(ca))
    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(ssl=trusted, limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        yield session


@asynccontextmanager
async def both(folder: Path) -> AsyncGenerator[tuple[Side, Side]]:
    """Start a dev cluster beside the real one of a folder, with the definition in both."""
    url = re.search(r'server: "(https:[^"]*)"', (folder / "kubeconfig").read_text())
    if url is None:
        raise SystemExit(f"{folder} holds no kubeconfig of a running tests/realcluster")
    token = (folder / "admin.token").read_text()
    async with (
        _session(folder / "ca.crt", token) as first,
        DevCluster() as cluster,
        _session(cluster.ca_path, cluster.admin_token) as second,
    ):
        sides = (Side("real", url[1], first), Side("dev", cluster.url, second))
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for side in sides:
            await side.send(Step("POST", path, {}, definition()))
            await _wait_served(side)
        yield sides


async def _wait_served(side: Side) -> None:
    """Return when the custom resource is served."""
    probe = Step("GET", "/apis/compared.dev/v1/namespaces/default/widgets")
    for _ in range(150):
        if (await side.send(probe))["status"] == 200:
            return
        await asyncio.sleep(0.2)
    raise SystemExit(f"{side.name} does not serve the custom resource")


def show_pair(value: Any, other: Any, width: int = 300) -> str:
    """Return the part of a value that another one does not have in common with it."""
    text, compared = json.dumps(value), json.dumps(other)
    pairs = enumerate(zip(text, compared, strict=False))
    common = next((at for at, (one, two) in pairs if one != two), len(text))
    start = max(0, common - 60)
    return ("..." if start else "") + text[start : common + width]


async def main() -> int:
    """Compare, print what differs, and return the number of differing cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument(
        "-v", action="store_true", help="show the requests of each case"
    )
    options = parser.parse_args()
    groups: Counter[str] = Counter()
    shown: dict[str, Difference] = {}
    bad = 0
    async with both(options.beside) as (real, dev):
        room = asyncio.Semaphore(AT_ONCE)

        async def one(seed: int) -> list[Difference]:
            async with room:
                return await compare_case(real.fresh(), dev.fresh(), seed)

        seeds = range(options.first_seed, options.first_seed + options.cases)
        for found in await asyncio.gather(*(one(seed) for seed in seeds)):
            bad += bool(found)
            for each in sorted(found, key=lambda one: _TELLING.get(one.path, 9))[:1]:
                groups[each.group] += 1
                shown.setdefault(each.group, each)
        if options.v:
            for seed in seeds:
                print(*make_case(seed, f"{PREFIX}{seed}"), sep="\n")
    for group, count in groups.most_common():
        each = shown[group]
        print(f"\n{count} x {group}   seed {each.seed}\n  {each.step[:500]}")
        print(
            f"  real: {show_pair(each.real, each.dev)}\n  dev:  {show_pair(each.dev, each.real)}"
        )
    print(f"\n{options.cases} cases, {bad} differ")
    return bad


if __name__ == "__main__":
    sys.exit(min(asyncio.run(main()), 1))
