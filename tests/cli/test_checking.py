"""`fairlead check`: each thing that can be wrong is named with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead import Context, DefinitionError, Router, public, query
from fairlead.cli.checking import Finding, check_application, check_cluster
from fairlead.codegen import generate
from fairlead.devcluster.cluster import DevCluster
from fairlead.kube import KubeModel, Resource, ResourceRouter


class BuoySpec(KubeModel):
    depth: int


class Buoy(Resource, group="sea.example.com", version="v1", plural="buoys"):
    spec: BuoySpec


class Pod(Resource, group="", version="v1", plural="pods"):
    """A built-in kind: it is always served."""


class Buoys(ResourceRouter[Buoy]):
    pass


class Pods(ResourceRouter[Pod]):
    pass


class App(Router[Context]):
    buoys: Buoys
    pods: Pods


def wrong(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.cure is not None]


def test_package_that_is_up_to_date_and_one_that_is_not(tmp_path: Path) -> None:
    generate(App, tmp_path)
    assert not wrong(list(check_application(lambda: App, tmp_path)))
    (tmp_path / "router.d.ts").write_text("edited")
    (finding,) = wrong(list(check_application(lambda: App, tmp_path)))
    assert finding.what.endswith("is out of date: 1 files differ")
    assert finding.cure == "run fairlead generate"


def test_application_that_cannot_be_loaded() -> None:
    def load() -> type[App]:
        raise DefinitionError("the procedure App.x has no access")

    findings = list(check_application(load, None))
    assert findings == [
        Finding("the application cannot be loaded", "the procedure App.x has no access")
    ]


def test_type_without_translation_is_named() -> None:
    def load() -> type[Router[Context]]:
        class Untranslatable(Router[Context]):
            @query(access=public)
            async def odd(self) -> dict[tuple[int, int], str]:
                return {}

        return Untranslatable

    (finding,) = wrong(list(check_application(load, None)))
    assert "odd" in (finding.cure or "")


async def test_kind_that_the_cluster_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with DevCluster() as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig_path))
        findings = [finding async for finding in check_cluster(App)]
    (finding,) = wrong(findings)
    assert finding.what == "buoys.sea.example.com is not served"
    assert "fairlead crds" in (finding.cure or "")
