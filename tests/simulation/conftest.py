from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import yaml

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation.objects import JsonObject

PORTAL = Path(__file__).parents[2] / "apps" / "portal" / "cluster"

Directory = Callable[..., Path]


@pytest.fixture
async def devcluster(tmp_path: Path) -> AsyncIterator[DevCluster]:
    async with DevCluster(tmp_path / "data") as cluster:
        yield cluster


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    """Makes a cluster directory: the portal's definitions, and the documents given."""

    def make(*documents: JsonObject) -> Path:
        folder = tmp_path / "cluster"
        (folder / "seed").mkdir(parents=True, exist_ok=True)
        if not (folder / "crds").exists():
            (folder / "crds").symlink_to(PORTAL / "crds")
        (folder / "seed" / "all.yaml").write_text(yaml.safe_dump_all(documents))
        return folder

    return make


@pytest.fixture
def team() -> JsonObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
