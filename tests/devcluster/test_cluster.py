"""The life of a cluster: start, restart, faults, several at once, sudden death."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from tests.devcluster.conftest import (
    CONFIGMAPS,
    CRD,
    GADGETS,
    Api,
    config_map,
    gadget,
    gadget_crd,
)

from fairlead.devcluster import DevCluster, DevClusterError, StaticToken
from fairlead.devcluster.__main__ import build_parser


def _session(cluster: DevCluster) -> aiohttp.ClientSession:
    trusted = ssl.create_default_context(cafile=str(cluster.ca_path))
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted))


async def test_the_kubeconfig_is_private_and_complete(cluster: DevCluster) -> None:
    mode = stat.S_IMODE(cluster.kubeconfig_path.stat().st_mode)
    config = json.loads(cluster.kubeconfig_path.read_text())
    assert mode == 0o600
    assert config["current-context"] == "admin"
    assert [user["name"] for user in config["users"]] == ["admin", "alice", "bob"]
    assert config["clusters"][0]["cluster"]["server"] == cluster.url


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    async with DevCluster(tmp_path) as first, _session(first) as session:
        api = Api(first, first.admin_token, session)
        await api.post(CRD, gadget_crd())
        made = (await api.post(GADGETS, gadget("a"))).body
        token, ca = first.admin_token, first.ca_path.read_bytes()
    async with DevCluster(tmp_path) as second, _session(second) as session:
        api = Api(second, token, session)
        assert second.ca_path.read_bytes() == ca
        found = (await api.get(f"{GADGETS}/a")).body
        assert found == made
        newer = (await api.post(CONFIGMAPS, config_map("b"))).body
        assert int(newer["metadata"]["resourceVersion"]) > int(
            made["metadata"]["resourceVersion"]
        )
        version = made["metadata"]["resourceVersion"]
        events = await api.collect(GADGETS, 1, resourceVersion=str(int(version) - 1))
        assert events == [("ADDED", "a")]


async def test_two_clusters_do_not_see_each_other(
    cluster: DevCluster, api: Api
) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    async with DevCluster() as other, _session(other) as session:
        assert (
            await Api(other, other.admin_token, session).get(f"{CONFIGMAPS}/a")
        ).status == 404
        assert other.port != cluster.port


async def test_a_taken_port_and_a_second_start_are_explained(
    cluster: DevCluster,
) -> None:
    with pytest.raises(DevClusterError, match="choose another, or 0"):
        await DevCluster(port=cluster.port).start()
    with pytest.raises(DevClusterError, match="already running"):
        await cluster.start()
    with pytest.raises(DevClusterError, match="is not running"):
        await DevCluster().compact()


async def test_closing_ends_watches_cleanly(tmp_path: Path) -> None:
    cluster = DevCluster(tmp_path)
    await cluster.start()
    async with _session(cluster) as session:
        api = Api(cluster, cluster.admin_token, session)
        watching = asyncio.create_task(api.collect(CONFIGMAPS, 99))
        await asyncio.sleep(0.1)
        await cluster.aclose()
        assert ("ADDED", "kube-root-ca.crt") in await asyncio.wait_for(watching, 5)


async def _ask_for_version(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trusted: ssl.SSLContext
) -> None:
    await writer.start_tls(trusted, server_hostname="127.0.0.1")
    writer.write(b"GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await reader.readexactly(1)


async def test_who_shakes_hands_while_it_closes_is_not_answered_afterwards(
    tmp_path: Path,
) -> None:
    cluster = DevCluster(tmp_path)
    await cluster.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster.port)
    await asyncio.sleep(0.05)  # it is accepted, and its handshake has not begun
    trusted = ssl.create_default_context(cafile=str(cluster.ca_path))
    await cluster.aclose()
    with pytest.raises((ConnectionError, ssl.SSLError, asyncio.IncompleteReadError)):
        await _ask_for_version(reader, writer, trusted)
    writer.close()


async def test_planned_failures_hit_the_next_requests(
    cluster: DevCluster, api: Api
) -> None:
    cluster.faults.fail(429, verbs="get", plural="configmaps", retry_after=3)
    limited = await api.get(f"{CONFIGMAPS}/kube-root-ca.crt")
    assert (limited.status, limited.headers["Retry-After"]) == (429, "3")
    assert (await api.get(f"{CONFIGMAPS}/kube-root-ca.crt")).status == 200
    cluster.faults.fail(500, times=-1)
    assert [(await api.get(CONFIGMAPS)).status for _ in range(3)] == [500, 500, 500]
    cluster.faults.clear()
    cluster.faults.fail(410, verbs="watch")
    assert (await api.collect(CONFIGMAPS, 1))[0][0] == "ERROR"
    cluster.faults.fail(410, verbs="list")
    assert (await api.get(CONFIGMAPS)).body["reason"] == "Expired"


async def test_connections_can_be_cut_and_watches_dropped(
    cluster: DevCluster, api: Api
) -> None:
    cluster.faults.cut(plural="configmaps")
    with pytest.raises(aiohttp.ClientError):
        await api.get(CONFIGMAPS)
    watching = asyncio.create_task(api.collect(CONFIGMAPS, 99))
    await asyncio.sleep(0.1)
    cluster.faults.drop_watches(expired=True)
    assert (await asyncio.wait_for(watching, 5))[-1][0] == "ERROR"


async def test_a_delayed_request_is_still_answered(
    cluster: DevCluster, api: Api
) -> None:
    cluster.faults.delay(0.01)
    assert (await api.get(CONFIGMAPS)).status == 200


async def test_the_insecure_form_needs_no_credentials() -> None:
    async with DevCluster(insecure=True) as cluster, aiohttp.ClientSession() as session:
        assert cluster.url.startswith("http://")
        page = {"Origin": "https://evil.example"}
        refused = await Api(cluster, "", session).ask("GET", "/api", headers=page)
        assert refused.status == 403
        assert (await Api(cluster, "", session).get(CONFIGMAPS)).status == 200


def _start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    command = [
        sys.executable,
        "-m",
        "fairlead.devcluster",
        "--data",
        str(folder),
        "--token",
        "alice=t0ken:devs",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("dev cluster ready on https://127.0.0.1:"), line
    return process, line.split()[4]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    process, _ = _start(tmp_path)
    process.send_signal(number)
    _, errors = process.communicate(timeout=15)
    assert (process.returncode, errors) == (0, "")


async def _write_until_death(url: str, folder: Path, prefix: str) -> list[str]:
    """Create objects until the server is gone; return the names it acknowledged."""
    trusted = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    headers = {"Authorization": f"Bearer {(folder / 'admin.token').read_text()}"}
    done: list[str] = []
    async with aiohttp.ClientSession(
        headers=headers, connector=aiohttp.TCPConnector(ssl=trusted)
    ) as session:
        try:
            for number in range(100_000):
                name = f"{prefix}-{number}"
                async with session.post(
                    url + CONFIGMAPS, json=config_map(name)
                ) as answer:
                    if answer.status == 201:
                        done.append(name)
        except (aiohttp.ClientError, OSError):
            return done
    return done


async def test_no_acknowledged_write_is_lost_to_sudden_death(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for attempt in range(int(os.environ.get("FAIRLEAD_KILLS", "2"))):
        process, url = await asyncio.to_thread(_start, tmp_path)
        writers = [
            asyncio.create_task(
                _write_until_death(url, tmp_path, f"k{attempt}-{writer}")
            )
            for writer in range(4)
        ]
        await asyncio.sleep(0.3 + attempt % 5 / 20)
        process.kill()
        await asyncio.to_thread(process.communicate)
        for names in await asyncio.gather(*writers):
            acknowledged |= set(names)
    async with DevCluster(tmp_path) as cluster, _session(cluster) as session:
        listed = (
            await Api(cluster, cluster.admin_token, session).get(CONFIGMAPS)
        ).body["items"]
    assert acknowledged
    assert acknowledged <= {item["metadata"]["name"] for item in listed}


def test_tokens_of_the_command_line() -> None:
    options = build_parser().parse_args(
        ["--data", "x", "--token", "a=t:g,h", "--token", "b=u"]
    )
    assert options.token == [StaticToken("a", "t", ("g", "h")), StaticToken("b", "u")]
    with pytest.raises(SystemExit):
        build_parser().parse_args(["--data", "x", "--token", "a"])
