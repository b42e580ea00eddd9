"""`fairlead add crd`."""

import asyncio
import http.server
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import yaml

from fairlead import DefinitionError
from fairlead.cli.crd_sources import PATH
from fairlead.cli.crds import write_crd_modules
from fairlead.devcluster import DevCluster

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"


def test_writes_a_module_named_after_the_kind(tmp_path: Path) -> None:
    written = list(write_crd_modules(str(CRDS / "quicklinks.yaml"), tmp_path / "new"))
    assert written == [tmp_path / "new" / "quick_link.py"]
    text = written[0].read_text()
    assert "class QuickLink(" in text
    compile(text, "quick_link.py", "exec")


def test_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "quick_link.py").write_text("mine")
    with pytest.raises(DefinitionError, match="there already"):
        list(write_crd_modules(str(CRDS / "quicklinks.yaml"), tmp_path))
    assert (tmp_path / "quick_link.py").read_text() == "mine"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"absent\.yaml cannot be read"):
        list(write_crd_modules(str(tmp_path / "absent.yaml"), tmp_path))


@pytest.fixture
def site() -> Iterator[str]:
    """The definitions of the portal, served over HTTP."""
    handler = partial(QuietHandler, directory=str(CRDS))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args


def test_definitions_come_from_an_address(site: str, tmp_path: Path) -> None:
    written = list(write_crd_modules(f"{site}/stages.yaml", tmp_path))
    assert written == [tmp_path / "stage.py"]


def test_an_address_without_definitions_is_named(site: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=rf"{site}/absent\.yaml answers 404"):
        list(write_crd_modules(f"{site}/absent.yaml", tmp_path))
    with pytest.raises(DefinitionError, match=r"127\.0\.0\.1:1/ cannot be read: "):
        list(write_crd_modules("http://127.0.0.1:1/", tmp_path))


@pytest.fixture
async def portal_cluster(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A dev cluster that has the portal's kinds, as `$KUBECONFIG` names it."""
    async with DevCluster() as cluster:
        trusted = ssl.create_default_context(cafile=str(cluster.ca_path))
        connector = aiohttp.TCPConnector(ssl=trusted)
        headers = {"Authorization": f"Bearer {cluster.admin_token}"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as http_:
            for name in ("quicklinks", "stages", "gitservers"):
                definition = yaml.safe_load((CRDS / f"{name}.yaml").read_text())
                async with http_.post(cluster.url + PATH, json=definition) as answer:
                    assert answer.status == 201
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig_path))
        yield


@pytest.mark.usefixtures("portal_cluster")
async def test_definitions_come_from_the_cluster(tmp_path: Path) -> None:
    for number, name in enumerate(
        ["QuickLink", "quicklinks", "quicklink", "quicklinks.v2.edp.epam.com"]
    ):
        written = await asyncio.to_thread(add, name, tmp_path / str(number))
        assert [path.name for path in written] == ["quick_link.py"]
        assert "class QuickLink(" in written[0].read_text()
    with pytest.raises(DefinitionError, match=r"'Stagge' .* did you mean stages\?"):
        await asyncio.to_thread(add, "Stagge", tmp_path)


def test_without_a_cluster_the_message_says_what_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    with pytest.raises(
        DefinitionError, match=r"'Codebase' is no file and no address, "
    ):
        add("Codebase", tmp_path)


def add(name: str, out: Path) -> list[Path]:
    return list(write_crd_modules(name, out))
