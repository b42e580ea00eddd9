"""A client that was generated from other types than the server serves is told, and so is the operator."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import httpx
import pytest
from pydantic import BaseModel, Field
from tests.client.serving import serve
from tests.codegen.conftest import REPOSITORY, Workspace

from fairlead.access import public
from fairlead.asgi import Cors, Fairlead
from fairlead.client import connect
from fairlead.codegen import generate, schema_hash
from fairlead.codegen.drift import compare_manifests, make_manifest
from fairlead.codegen.generating import load_application
from fairlead.context import Context
from fairlead.procedure import query, subscription
from fairlead.router import Router

CLIENT = Path(__file__).parent / "driftClient.mjs"


class Pod(BaseModel):
    """As the client knows it."""

    name: Annotated[str, Field(max_length=30)] = "a"
    phase: Literal["Running", "Pending"] = "Running"
    node: str = "n"


class Pods(Router[Context]):
    @query(access=public)
    async def list_(self) -> list[Pod]:
        return [Pod()]

    @subscription(access=public)
    async def watch(self) -> AsyncIterator[Pod]:
        yield Pod()


class Nodes(Router[Context]):
    @query(access=public)
    async def count(self) -> int:
        """Documented, which changes nothing."""
        return 1


class App(Router[Context]):
    pods: Pods
    nodes: Nodes

    @query(access=public)
    async def health(self, deep: bool = False) -> bool:
        return deep


class Later:
    """As the server knows it."""

    class Pod(BaseModel):
        name: Annotated[str, Field(max_length=40)] = "a"
        phase: Literal["Running", "Pending", "Lost"] = "Running"
        zone: str | None = None


class NewPods(Router[Context]):
    @query(access=public)
    async def list_(self) -> list[Later.Pod]:
        return [Later.Pod()]

    @subscription(access=public)
    async def watch(self) -> AsyncIterator[Later.Pod]:
        yield Later.Pod()


class New(Router[Context]):
    """The same application, later."""

    pods: NewPods
    nodes: Nodes


DIFFERENCES = [
    "health is gone",
    "Pod.name is checked otherwise: it was z.string().max(30) and is now z.string().max(40)",
    "Pod.node is gone: it was string",
    'Pod.phase was "Running" | "Pending" and is now "Running" | "Pending" | "Lost"',
    "Pod.zone is new: string | null",
]


def test_differences_are_told_in_words() -> None:
    old, new = (make_manifest(load_application(app)) for app in (App, New))
    found = compare_manifests(old, new)
    assert sorted(found["differences"], key=str.lower) == DIFFERENCES
    assert found["affected"] == ["health", "pods.list", "pods.watch"]
    assert compare_manifests(old, old) == {"differences": [], "affected": []}


def test_long_lists_of_differences_are_cut() -> None:
    facts = {f"T{n:03}": {"": ["string", "z.string()"]} for n in range(150)}
    found = compare_manifests(
        {"procedures": {}, "facts": facts}, {"procedures": {}, "facts": {}}
    )
    assert len(found["differences"]) == 101
    assert found["differences"][-1] == "and 50 more"


def test_every_procedure_and_router_has_a_digest_of_its_own() -> None:
    old, new = (load_application(app).fingerprints for app in (App, New))
    assert old.whole != new.whole
    assert old.procedures["nodes.count"] == new.procedures["nodes.count"]
    assert old.procedures["pods.list"] != new.procedures["pods.list"]
    assert old.routers["nodes"] == new.routers["nodes"]
    assert old.routers["pods"] != new.routers["pods"]
    assert set(old.routers) == {"", "nodes", "pods"}


async def run_client(folder: Path, url: str, transport: str) -> Mapping[str, Any]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(folder / "driftClient.mjs"),
        str(folder / "shared"),
        url,
        transport,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return cast("Mapping[str, Any]", json.loads(out))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
    (folder / "driftClient.mjs").write_text(CLIENT.read_text())
    generate(App, folder / "shared")
    return folder


@pytest.mark.node
@pytest.mark.parametrize("transport", ["http", "batch", "stream", "sse", "websocket"])
async def test_the_page_learns_what_differs(package: Path, transport: str) -> None:
    async with serve(Fairlead(New, development=True)) as url:
        result = await run_client(package, f"{url}/trpc", transport)
    served = load_application(New).fingerprints.whole
    assert [each["server"] for each in result["found"]] == [served]
    assert sorted(result["found"][0]["differences"], key=str.lower) == DIFFERENCES
    assert "Affected: health, pods.list, pods.watch" in result["text"]


@pytest.mark.node
@pytest.mark.parametrize("transport", ["batch", "websocket"])
async def test_a_client_of_the_same_types_hears_nothing(
    package: Path, transport: str
) -> None:
    app = Fairlead(App)
    async with serve(app) as url:
        result = await run_client(package, f"{url}/trpc", transport)
    assert result["found"] == []
    assert result["own"] is None
    assert b"schema_drift_total{" not in app.metrics.render()


@pytest.mark.node
@pytest.mark.parametrize(
    ("transport", "labels"),
    [
        ("batch", b'{affected="yes",transport="http"}'),
        ("websocket", b'{affected="unknown",transport="websocket"}'),
    ],
)
async def test_in_production_there_is_a_metric_and_a_log_line(
    package: Path, transport: str, labels: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app = Fairlead(New, development=False)
    with caplog.at_level(logging.WARNING, "fairlead.schema"):
        async with serve(app) as url:
            result = await run_client(package, f"{url}/trpc", transport)
    assert result["found"][0]["differences"] == []
    assert b"fairlead_schema_drift_total" + labels in app.metrics.render()
    mine = [r for r in caplog.records if r.name == "fairlead.schema"]
    assert "a client has types of another version" in mine[0].getMessage()


@pytest.mark.parametrize(("known", "drifts"), [(New, False), (App, True)])
async def test_a_python_client_may_send_the_digest_of_the_class_it_imports(
    known: type[Router[Context]], drifts: bool
) -> None:
    app = Fairlead(New)
    headers = {"fairlead-schema": schema_hash(known)}
    async with (
        serve(app) as url,
        connect(f"{url}/trpc", New, headers=headers) as client,
    ):
        assert await client.nodes.count() == 1
    assert (b"fairlead_schema_drift_total{" in app.metrics.render()) is drifts


OTHER = "0123456789abcdef"


@pytest.mark.parametrize(
    ("header", "affected"),
    [
        (OTHER, "unknown"),
        (f"{OTHER};nodes={load_application(New).fingerprints.routers['nodes']}", "no"),
        (f"{OTHER};nodes={OTHER}", "yes"),
        (f"{OTHER};absent={OTHER}", "yes"),
    ],
)
async def test_calls_of_routers_that_stayed_the_same_are_not_affected(
    header: str, affected: str
) -> None:
    app = Fairlead(New)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://x"
    ) as http:
        answer = await http.get(
            "/trpc/nodes.count", headers={"fairlead-schema": header}
        )
    assert answer.json() == {"result": {"data": 1}}
    assert answer.headers["fairlead-schema"] == load_application(New).fingerprints.whole
    assert f'affected="{affected}"'.encode() in app.metrics.render()


async def test_what_is_no_digest_is_ignored_and_many_are_logged_once_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Fairlead(New)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://x"
    ) as http:
        for sent in ("", "x" * 16, "0" * 17, "../etc"):
            answer = await http.get(
                "/trpc/nodes.count", headers={"fairlead-schema": sent}
            )
            assert "fairlead-schema" not in answer.headers
        assert [r for r in caplog.records if r.name == "fairlead.schema"] == []
        for number in range(130):
            for _ in range(2):
                digest = f"{number:016x}"
                await http.get("/trpc/nodes.count", headers={"fairlead-schema": digest})
    assert len([r for r in caplog.records if r.name == "fairlead.schema"]) == 100


async def test_differences_are_told_in_development_only() -> None:
    manifest = make_manifest(load_application(App))
    answers: dict[bool, httpx.Response] = {}
    for development in (True, False):
        app = Fairlead(New, development=development)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://x"
        ) as http:
            told = await http.get("/trpc/-/schema")
            assert told.json()["development"] is development
            answers[development] = await http.post("/trpc/-/schema", json=manifest)
            wrong = await http.post("/trpc/-/schema", content=b"[")
            assert wrong.status_code == (400 if development else 405)
    assert answers[False].status_code == 405
    assert len(answers[True].json()["differences"]) == len(DIFFERENCES)


async def test_pages_of_other_origins_may_send_and_read_the_digest() -> None:
    app = Fairlead(New, cors=Cors(origins=("https://a.example",)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://x"
    ) as http:
        answer = await http.options(
            "/trpc/nodes.count",
            headers={
                "origin": "https://a.example",
                "access-control-request-method": "GET",
                "access-control-request-headers": "fairlead-schema",
            },
        )
        assert "fairlead-schema" in answer.headers["access-control-allow-headers"]
        answer = await http.get(
            "/trpc/nodes.count", headers={"origin": "https://a.example"}
        )
        assert answer.headers["access-control-expose-headers"] == "fairlead-schema"


PAGE = """
import { JSDOM } from "jsdom";
import { showDrift } from "./shared/drift.js";
const { window } = new JSDOM("<body><main>the page</main></body>");
globalThis.document = window.document;
console.warn = () => undefined;
const drift = { client: "a", server: "b", development: true, affected: ["pods.list"],
  differences: ["Pod.node is gone: it was <b>string</b>"] };
showDrift({ ...drift, development: false });
const count = () => window.document.querySelectorAll("[role=alert]").length;
const counts = [count()];
showDrift(drift);
showDrift({ ...drift, server: "c" });
counts.push(count());
const box = window.document.querySelector("[role=alert]");
const text = box.textContent;
box.querySelector("button").click();
counts.push(count());
console.log(JSON.stringify({ counts, text, bold: box.querySelector("b") }));
"""


@pytest.mark.node
def test_the_page_shows_what_differs_in_development(workspace: Workspace) -> None:
    generate(App, workspace.folder / "shared")
    shown = json.loads(workspace.run_node(PAGE))
    assert shown["counts"] == [0, 1, 0]
    assert "Pod.node is gone: it was <b>string</b>" in shown["text"]
    assert "Affected: pods.list" in shown["text"]
    assert shown["bold"] is None


USE = """
import { createTRPCClient, createWSClient, httpBatchLink, httpBatchStreamLink, httpLink, httpSubscriptionLink, wsLink } from "@trpc/client";
import { checkDrift, type Drift, driftLink, fairleadConnectionParams, fairleadHeaders, showDrift } from "./shared/drift.js";
import { type AppRouter, schemaHash } from "./shared/index.js";

const url = "http://127.0.0.1";
const headers = fairleadHeaders;
const connectionParams = fairleadConnectionParams;
const client = createWSClient({ url, connectionParams });
export const links = [
  httpLink<AppRouter>({ url, headers }),
  httpBatchLink<AppRouter>({ url, headers }),
  httpBatchStreamLink<AppRouter>({ url, headers }),
  httpSubscriptionLink({ url, connectionParams }),
  wsLink<AppRouter>({ client }),
];
export const trpc = createTRPCClient<AppRouter>({
  links: [driftLink({ url, onDrift: (drift: Drift) => showDrift(drift) }), httpBatchLink({ url, headers })],
});
export const checked: Promise<Drift | null> = checkDrift(url);
export const hash: string = schemaHash;
"""


@pytest.mark.node
@pytest.mark.parametrize("compiler", ["7", "5.9"])
def test_the_functions_fit_the_official_links(
    workspace: Workspace, compiler: str
) -> None:
    generate(App, workspace.folder / "shared")
    workspace.write("use.ts", USE)
    assert workspace.compile(compiler) == ""
