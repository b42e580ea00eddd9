"""Tokens that change: plugins, files, and who waits for them."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from fairlead.kube import KubeConfigError
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
    return ServerCredentials(config, None)


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


async def test_a_plugin_that_is_not_installed_is_told_with_its_hint() -> None:
    plugin = ExecPlugin(command="no-such-plugin", install_hint="Install it.")
    config = ClusterConfig(server="http://c.example", exec_plugin=plugin)
    with pytest.raises(KubeConfigError, match=r"cannot be run.*Install it\."):
        await ServerCredentials(config, None).get_headers()


async def test_a_token_file_is_read_again_when_its_token_was_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    credentials = ServerCredentials(
        ClusterConfig(server="http://c", token_file=path), None
    )
    assert get_token(await credentials.get_headers()) == "first"
    path.write_text("second\n")
    assert get_token(await credentials.get_headers()) == "first"
    assert get_token(await credentials.get_headers(renew=True)) == "second"
    path.unlink()
    with pytest.raises(KubeConfigError, match="token file cannot be read"):
        await credentials.get_headers(renew=True)


async def test_a_user_and_password_are_sent_as_basic() -> None:
    config = ClusterConfig(server="http://c", basic=("ann", "pw"))
    headers = await ServerCredentials(config, None).get_headers()
    assert dict(headers) == {"Authorization": "Basic YW5uOnB3"}


def test_plain_http_has_no_tls() -> None:
    assert make_ssl_context(ClusterConfig(server="http://c")) is None
