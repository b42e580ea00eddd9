from datetime import UTC, datetime
from itertools import islice

import pytest
from tests.simulation.conftest import Directory

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation import labels
from fairlead.simulation.actions import Create, Delete, Patch
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.errors import SimulationError
from fairlead.simulation.objects import JsonObject, label
from fairlead.simulation.seeding import seed
from fairlead.simulation.storm import (
    Storm,
    clear_storm,
    storm_changes,
    storm_objects,
    unleash,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_storm_makes_as_many_objects_as_it_says() -> None:
    names = {action.ref.name for action in storm_objects(Storm(objects=20))}
    assert len(names) == 20


def test_storm_makes_as_many_changes_as_it_says() -> None:
    found = list(storm_changes(Storm(objects=20, changes=300, churn=0.2), NOW))
    assert len(found) == 300
    assert {type(action) for action in found} == {Create, Delete, Patch}


def test_storm_of_the_same_seed_is_the_same() -> None:
    storm = Storm(objects=10, seed=4)
    first, second = (list(islice(storm_changes(storm, NOW), 50)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("objects", "rate"), [(0, 1.0), (5, 0.0)])
def test_storm_that_cannot_be_is_refused(objects: int, rate: float) -> None:
    with pytest.raises(
        SimulationError, match="cannot be: objects and rate must be above 0"
    ):
        Storm(objects=objects, rate=rate)


async def test_storm_blows_and_is_cleared(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    await seed(devcluster.kubeconfig_path, directory(team))
    report = await unleash(
        devcluster.kubeconfig_path, Storm(objects=20, rate=5000, changes=60)
    )
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        runs, _ = await cluster.list(labels.PIPELINE_RUN)
        assert report.done + report.missed == 80
        assert all(label(each, labels.STORM_LABEL) for each in runs)
        assert (await cluster.list(labels.PIPELINE_RUN, f"!{labels.STORM_LABEL}"))[
            0
        ] == []
        await clear_storm(devcluster.kubeconfig_path)
        assert (await cluster.list(labels.PIPELINE_RUN))[0] == []
