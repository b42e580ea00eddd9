"""Parts of a result that come later are promises and async iterables on the client."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from tests.codegen.conftest import Workspace

from fairlead.access import public
from fairlead.codegen import generate
from fairlead.context import Context
from fairlead.procedure import query
from fairlead.router import Router
from fairlead.streaming import Deferred, Stream


class Row(BaseModel):
    name: str
    children: list[Row] = []


class Report(BaseModel):
    title: str
    total: Deferred[int]
    best: Deferred[Row]
    rows: Stream[Row]


class App(Router[Context]):
    @query(access=public)
    async def report(self) -> Report:
        raise NotImplementedError


USE = """
import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import type { AppRouter, Row } from "./shared/index.js";

const client = createTRPCClient<AppRouter>({ links: [httpBatchStreamLink({ url: "http://127.0.0.1" })] });

export async function use(): Promise<void> {
  const report = await client.report.query();
  const total: Promise<number> = report.total;
  const best: Row = await report.best;
  for await (const row of report.rows) row.children[0]?.name.toUpperCase();
  // @ts-expect-error it comes later
  const now: number = report.total;
  void [total, best, now];
}
"""


def test_deferred_is_a_promise_and_a_stream_an_async_iterable(tmp_path: Path) -> None:
    changed = generate(App, tmp_path).changed
    text = "\n".join((tmp_path / name).read_text() for name in changed)

    assert "total: Promise<number>" in text
    assert "best: Promise<Row>" in text
    assert "rows: AsyncIterable<Row, void, unknown>" in text


@pytest.mark.node
@pytest.mark.parametrize("compiler", ["7", "5.9"])
def test_clients_await_what_comes_later(workspace: Workspace, compiler: str) -> None:
    generate(App, workspace.folder / "shared")
    workspace.write("use.ts", USE)
    assert workspace.compile(compiler) == ""
