"""Tokens that change: plugins, files, and who waits for them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from fairlead.kube import KubeConfigError, KubeError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.credentials import Headers, ServerCredentials, make_ssl_context
from fairlead.kube.kubeconfig import ClusterConfig, ExecPlugin

SCRIPT = """
import json, os, sys, pathlib
runs = pathlib.Path(sys.argv[1])
count = len(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text("x" * count)
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
status = {"token": f"token-{count}-{info['spec'].get('cluster', {}).get('server', '')}"}
if len(sys.argv) > 2:
    status["expirationTimestamp"] = sys.argv[2]
print(json.dumps({"kind": "ExecCredential", "status": status}))
"""


def make_credentials(
    tmp_path: Path, *args: str, script: str = SCRIPT
) -> ServerCredentials:
    path = tmp_path / "plugin.py"
    path.write_text(script)
    plugin = ExecPlugin(
        command=sys.executable,
        args=(str(path), str(tmp_path / "runs"), *args),
        provide_cluster_info=True,
    )
    config = ClusterConfig(server="http://c.example", exec_plugin=plugin)
    return ServerCredentials(config)


def get_token(headers: Headers) -> str:
    return dict(headers)["Authorization"].removeprefix("Bearer ")


async def test_a_plugin_is_run_once_for_all_who_wait(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    found = await asyncio.gather(*(credentials.get_headers() for _ in range(5)))
    assert {get_token(headers) for headers in found} == {"token-1-http://c.example"}


async def test_a_refused_token_is_asked_for_again(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path)
    await credentials.get_headers()
    assert get_token(await credentials.get_headers(renew=True)).startswith("token-2")


async def test_an_expired_token_is_asked_for_again(tmp_path: Path) -> None:
    credentials = make_credentials(tmp_path, "2020-01-01T00:00:00Z")
    await credentials.get_headers()
    assert get_token(await credentials.get_headers()).startswith("token-2")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit(3)", "exit code 3"),
        ("print('hello')", "printed no ExecCredential"),
        (
            f"print({json.dumps(json.dumps({'status': {'token': 1}}))})",
            "printed no ExecCredential",
        ),
    ],
)
async def test_a_failing_plugin_is_told(
    tmp_path: Path, script: str, message: str
) -> None:
    with pytest.raises(KubeConfigError, match=message):
        await make_credentials(tmp_path, script=script).get_headers()


@pytest.mark.parametrize(
    "status",
    [{}, {"clientCertificateData": "C"}, {"token": "", "clientKeyData": "K"}],
)
async def test_a_plugin_that_gives_nothing_to_sign_in_with_is_told(
    tmp_path: Path, status: dict[str, str]
) -> None:
    # Without this, requests would be those of an anonymous user.
    script = f"print({json.dumps(json.dumps({'status': status}))})"
    with pytest.raises(KubeConfigError, match="neither a token nor a client"):
        await make_credentials(tmp_path, script=script).get_headers()


async def test_a_certificate_of_a_plugin_that_is_none_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status = {"clientCertificateData": "C", "clientKeyData": "K"}
    plugin = ExecPlugin(command="echo", args=(json.dumps({"status": status}),))
    config = ClusterConfig(server="https://127.0.0.1:1", exec_plugin=plugin)
    async with KubeClient(config) as client:
        request = KubeRequest(
            method="GET", path="/version", credentials=client.server_credentials
        )
        with pytest.raises(KubeError, match="its log says why"):
            await client.send(request)
    assert "the certificates of the kubeconfig cannot be used" in caplog.text


async def test_a_plugin_that_hangs_is_ended_once_for_all_who_wait(
    tmp_path: Path,
) -> None:
    # A child of it keeps its output open.
    runs, alive = tmp_path / "runs", tmp_path / "alive"
    script = f"echo x >> {runs}; (sleep 20; touch {alive}) & wait"
    plugin = ExecPlugin(command="sh", args=("-c", script), patience=0.3)
    config = ClusterConfig(server="http://c.example", exec_plugin=plugin)
    credentials = ServerCredentials(config)
    async with asyncio.timeout(15):
        waiting = (credentials.get_headers() for _ in range(5))
        found = await asyncio.gather(*waiting, return_exceptions=True)
    assert all("took longer than 0.3 s" in str(each) for each in found)
    assert runs.read_text() == "x\n"


async def test_who_goes_away_does_not_take_the_plugin_from_the_others(
    tmp_path: Path,
) -> None:
    credentials = make_credentials(tmp_path)
    first = asyncio.ensure_future(credentials.get_headers())
    second = asyncio.ensure_future(credentials.get_headers())
    await asyncio.sleep(0)
    first.cancel()
    assert get_token(await second) == "token-1-http://c.example"


async def test_a_client_that_closes_ends_its_plugin(tmp_path: Path) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    alive = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    script = f"exec 3>{fifo}; echo x >&3; sleep 60 & wait"
    plugin = ExecPlugin(command="sh", args=("-c", script))
    config = ClusterConfig(server="http://c.example", exec_plugin=plugin)
    credentials = ServerCredentials(config)
    waiting = asyncio.ensure_future(credentials.get_headers())
    await wait_for_bytes(alive, b"x\n")
    await credentials.aclose()
    with pytest.raises(KubeConfigError, match="is closed"):
        await waiting
    await wait_for_bytes(alive, b"")  # its end: nobody has it open any more
    os.close(alive)


async def wait_for_bytes(descriptor: int, expected: bytes) -> None:
    async with asyncio.timeout(10):
        while True:
            with suppress(BlockingIOError):
                if os.read(descriptor, 10) == expected:
                    return
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("content", [b"\n", b"\xff\xfe"])
async def test_a_token_file_without_a_token_is_told(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    config = ClusterConfig(server="http://c", token_file=path)
    with pytest.raises(KubeConfigError, match="the token file"):
        await ServerCredentials(config).get_headers()


async def test_a_plugin_that_is_not_installed_is_told_with_its_hint() -> None:
    plugin = ExecPlugin(command="no-such-plugin", install_hint="Install it.")
    config = ClusterConfig(server="http://c.example", exec_plugin=plugin)
    with pytest.raises(KubeConfigError, match=r"cannot be run.*Install it\."):
        await ServerCredentials(config).get_headers()


async def test_a_token_file_is_read_again_when_its_token_was_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    credentials = ServerCredentials(ClusterConfig(server="http://c", token_file=path))
    assert get_token(await credentials.get_headers()) == "first"
    path.write_text("second\n")
    assert get_token(await credentials.get_headers()) == "first"
    assert get_token(await credentials.get_headers(renew=True)) == "second"
    path.unlink()
    with pytest.raises(KubeConfigError, match="token file cannot be read"):
        await credentials.get_headers(renew=True)


async def test_a_user_and_password_are_sent_as_basic() -> None:
    config = ClusterConfig(server="http://c", basic=("ann", "pw"))
    headers = await ServerCredentials(config).get_headers()
    assert dict(headers) == {"Authorization": "Basic YW5uOnB3"}


def test_plain_http_has_no_tls() -> None:
    assert make_ssl_context(ClusterConfig(server="http://c")) is None
