"""Ways around a policy that the wire might offer, and that it does not."""

from __future__ import annotations

from typing import ClassVar

import pytest
from tests.asgi.harness import open_http, to_input

from fairlead import Context, Fairlead, Request, Router, User, mutation, public, query
from fairlead.access import AccessRequest, Verdict, custom


class ByHeader:
    """Signs in whom the test names."""

    async def authenticate(self, request: Request) -> User | None:
        name = request.headers.get("x-user")
        return User(name=name) if name else None


@custom
def own(request: AccessRequest) -> Verdict:
    user = request.request.user
    return (user is not None and request.input["owner"] == user.name) or "not yours"


class App(Router[Context]):
    ran: ClassVar[list[str]] = []

    @query(access=own)
    async def read(self, owner: str) -> str:
        self.ran.append(owner)
        return owner

    @mutation(access=own)
    async def write(self, owner: str) -> str:
        self.ran.append(owner)
        return owner

    @mutation(access=public)
    async def anybody(self) -> None:
        self.ran.append("anybody")


@pytest.fixture
def app() -> Fairlead:
    App.ran.clear()
    return Fairlead(App, auth=ByHeader())


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/plain;charset=application/json",
        None,
    ],
)
async def test_a_body_of_another_type_is_refused(
    app: Fairlead, content_type: str | None
) -> None:
    headers = {"x-user": "ann"}
    if content_type is not None:
        headers["content-type"] = content_type
    async with open_http(app) as http:
        answer = await http.post(
            "/trpc/write", content=b'{"owner":"ann"}', headers=headers
        )
    assert answer.status_code == 415
    assert App.ran == []


@pytest.mark.parametrize("path", ["write", "anybody"])
async def test_a_mutation_is_not_run_by_get(app: Fairlead, path: str) -> None:
    async with open_http(app) as http:
        answer = await http.get(
            f"/trpc/{path}?input={to_input({'owner': 'ann'})}",
            headers={"x-user": "ann"},
        )
    assert answer.status_code == 405
    assert App.ran == []


@pytest.mark.parametrize(
    ("owner", "status"), [("ann", 200), ("bob", 403), ("Ann", 403), ("ann ", 403)]
)
async def test_the_policy_sees_the_input_that_the_body_gets(
    app: Fairlead, owner: str, status: int
) -> None:
    async with open_http(app) as http:
        answer = await http.get(
            f"/trpc/read?input={to_input({'owner': owner})}", headers={"x-user": "ann"}
        )
    assert answer.status_code == status
    assert App.ran == (["ann"] if status == 200 else [])


async def test_a_key_that_is_there_twice_is_one_for_policy_and_body(
    app: Fairlead,
) -> None:
    async with open_http(app) as http:
        twice = b'{"owner":"bob","owner":"ann"}'
        headers = {"x-user": "ann", "content-type": "application/json"}
        answer = await http.post("/trpc/write", content=twice, headers=headers)
    # The last one counts, for both: nobody writes for bob.
    assert (answer.status_code, App.ran) == (200, ["ann"])


async def test_one_call_of_a_batch_opens_nothing_for_the_next(app: Fairlead) -> None:
    inputs = {"0": {"owner": "ann"}, "1": {"owner": "bob"}, "2": {"owner": "ann"}}
    async with open_http(app) as http:
        answer = await http.get(
            f"/trpc/read,read,read?batch=1&input={to_input(inputs)}",
            headers={"x-user": "ann"},
        )
    assert answer.status_code == 207
    assert ["error" in each for each in answer.json()] == [False, True, False]
    assert App.ran == ["ann", "ann"]


@pytest.mark.parametrize(
    "path",
    ["Write", "write%00", "_def", "__class__", "write.call", "..write"],
)
async def test_other_spellings_of_a_path_reach_nothing(
    app: Fairlead, path: str
) -> None:
    async with open_http(app) as http:
        answer = await http.post(
            f"/trpc/{path}",
            content=b'{"owner":"ann"}',
            headers={"x-user": "ann", "content-type": "application/json"},
        )
    assert answer.status_code == 404
    assert App.ran == []
