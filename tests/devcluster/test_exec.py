"""exec and attach over WebSocket: the protocols, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from tests.devcluster.conftest import CONFIGMAPS, Api, asking, config_map
from tests.devcluster.waiting import wait_until

from fairlead.devcluster import DevCluster, ExecSession

PODS = "/api/v1/namespaces/default/pods"
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


@asynccontextmanager
async def connect(
    api: Api, path: str, *protocols: str, token: str | None = None
) -> AsyncGenerator[aiohttp.ClientWebSocketResponse, None]:
    headers = api.headers() if token is None else {}
    url = api.cluster.url + path
    async with api.session.ws_connect(url, protocols=protocols, headers=headers) as ws:
        yield ws


async def talk(ws: aiohttp.ClientWebSocketResponse) -> dict[int, bytes]:
    """Return what came on each channel until the server closed."""
    found: dict[int, bytes] = {}
    async for message in ws:
        data: bytes = message.data
        found[data[0]] = found.get(data[0], b"") + data[1:]
    return found


@pytest.fixture
async def pod(api: Api) -> Api:
    container = {"name": "c", "image": "i", "env": [{"name": "FOO", "value": "bar"}]}
    body = {"metadata": {"name": "p"}, "spec": {"containers": [container]}}
    assert (await api.post(PODS, body)).status == 201
    return api


def exec_path(*command: str, **streams: bool) -> str:
    words = "&".join(f"command={word}" for word in command)
    flags = "".join(f"&{name}=true" for name in (streams or ("stdout", "stderr")))
    return f"{PODS}/p/exec?{words}{flags}"


@pytest.mark.parametrize("protocol", [V5, V4])
async def test_a_command_gives_output_and_status(pod: Api, protocol: str) -> None:
    async with connect(pod, exec_path("echo", "hello"), protocol) as ws:
        assert ws.protocol == protocol
        found = await talk(ws)
    assert found[1] == b"hello\n"
    assert json.loads(found[3]) == {"metadata": {}, "status": "Success"}
    assert ws.close_code == 1000


async def test_the_exit_code_is_in_the_error_channel(pod: Api) -> None:
    async with connect(pod, exec_path("sh", "-c", "exit%203"), V5) as ws:
        status = json.loads((await talk(ws))[3])
    assert (status["status"], status["reason"]) == ("Failure", "NonZeroExitCode")
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_an_unknown_program_is_an_internal_error(pod: Api) -> None:
    async with connect(pod, exec_path("nosuch"), V5) as ws:
        status = json.loads((await talk(ws))[3])
    assert status["reason"] == "InternalError"
    assert "executable file not found" in status["message"]


async def test_input_ends_with_the_close_message(pod: Api) -> None:
    async with connect(pod, exec_path("cat", stdin=True, stdout=True), V5) as ws:
        await ws.send_bytes(b"\x00one")
        await ws.send_bytes(b"\x00two")
        await ws.send_bytes(b"\xff\x00")
        found = await talk(ws)
    assert found[1] == b"onetwo"
    assert json.loads(found[3])["status"] == "Success"


async def test_a_terminal_echoes_edits_and_exits(pod: Api) -> None:
    path = exec_path("sh", stdin=True, stdout=True, tty=True)
    async with connect(pod, path, V5) as ws:
        await ws.send_bytes(b'\x04{"Width":80,"Height":24}')
        await ws.send_bytes(b"\x00echo $FOOx\x7f\r")
        await ws.send_bytes(b"\x00\x1b[Apwd\rnosuch\r\x03exit\r")
        found = await talk(ws)
    assert found[1] == (
        b"/ # echo $FOOx\x08 \x08\r\nbar\r\n/ # pwd\r\n/\r\n"
        b"/ # nosuch\r\nsh: nosuch: not found (try help)\r\n/ # ^C\r\n/ # exit\r\n"
    )
    assert json.loads(found[3])["details"]["causes"][0]["message"] == "130"


async def test_text_clients_get_base64(pod: Api) -> None:
    async with connect(pod, exec_path("pwd"), "v4.base64.channel.k8s.io") as ws:
        texts = [message.data async for message in ws]
    assert [text for text in texts if text[0] == "1"] == [
        "1",
        f"1{base64.b64encode(b'/' + bytes([10])).decode()}",
    ]


async def test_an_application_can_answer_commands_itself() -> None:
    sizes: list[Any] = []

    async def answer(session: ExecSession) -> int:
        line = await session.read()
        sizes.append(session.terminal)
        await session.write(b"got " + line)
        await session.write_error("warned")
        return 7

    async with DevCluster(on_exec=answer) as cluster, asking(cluster) as api:
        body = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}  # fmt: skip
        await api.post(PODS, body)
        path = exec_path("x", stdin=True, stdout=True, stderr=True)
        async with connect(api, path, V5) as ws:
            await ws.send_bytes(b'\x04{"Width":80,"Height":24}')
            await ws.send_bytes(b"\x00it")
            found = await talk(ws)
    assert (found[1], found[2]) == (b"got it", b"warned")
    assert json.loads(found[3])["details"]["causes"][0]["message"] == "7"
    assert (sizes[0].columns, sizes[0].rows) == (80, 24)


@pytest.mark.parametrize(
    ("query", "protocol", "status"),
    [
        ("command=ls", V5, 400),  # no stream
        ("stdout=true", V5, 400),  # no command
        ("command=ls&stdout=true&container=zz", V5, 400),
        ("command=ls&stdout=true", "v1.example", 403),
    ],
)
async def test_wrong_requests_are_refused(
    pod: Api, query: str, protocol: str, status: int
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connect(pod, f"{PODS}/p/exec?{query}", protocol):
            pass
    assert caught.value.status == status


async def test_exec_needs_an_upgrade_and_the_right(pod: Api) -> None:
    refused = await pod.get(exec_path("ls"))
    assert (refused.status, refused.body["reason"]) == (400, "BadRequest")
    assert "Upgrade request required" in refused.body["message"]
    alice = pod.as_user("alice-token")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connect(alice, exec_path("ls"), V5):
            pass
    assert caught.value.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connect(pod, f"{PODS}/none/exec?command=ls&stdout=1", V5):
            pass
    assert caught.value.status == 404


async def test_attach_shows_the_log_and_echoes(pod: Api) -> None:
    path = f"{PODS}/p/attach?stdin=true&stdout=true"
    pod.cluster.append_log("default", "p", "c", "before")
    async with connect(pod, path, V5) as ws:
        assert (await ws.receive()).data == b"\x01"
        await ws.send_bytes(b"\x00typed")
        assert (await ws.receive()).data == b"\x01typed"
        pod.cluster.append_log("default", "p", "c", "after")
        assert (await ws.receive()).data == b"\x01after\n"
        await pod.delete(f"{PODS}/p", gracePeriodSeconds="0")
        assert json.loads((await talk(ws))[3])["status"] == "Success"


async def test_a_client_that_leaves_ends_its_command() -> None:
    left: list[bytes] = []

    async def answer(session: ExecSession) -> int:
        try:
            left.append(await session.read())
        finally:
            left.append(b"ended")
        return 0

    async with DevCluster(on_exec=answer) as cluster, asking(cluster) as api:
        body = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}  # fmt: skip
        await api.post(PODS, body)
        async with connect(api, exec_path("x", stdin=True), V5):
            pass

        async def ended() -> bool:
            return left == [b"ended"]

        await wait_until(ended)


async def test_browsers_watch_with_a_token_in_the_protocol(api: Api) -> None:
    token = base64.urlsafe_b64encode(api.cluster.admin_token.encode()).decode()
    bearer = f"base64url.bearer.authorization.k8s.io.{token.rstrip('=')}"
    path = f"{CONFIGMAPS}?watch=true&fieldSelector=metadata.name=ws"
    async with connect(api, path, "base64.binary.k8s.io", bearer, token="") as ws:
        assert ws.protocol == "base64.binary.k8s.io"
        await api.post(CONFIGMAPS, config_map("ws"))
        event = json.loads(base64.b64decode((await ws.receive()).data))
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "ws")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connect(api, path, f"{bearer}x", token=""):
            pass
    assert caught.value.status == 401
