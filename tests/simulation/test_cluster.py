import pytest

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation.cluster import Cluster, wait_until_served
from fairlead.simulation.errors import ClusterError, UnreachableError
from fairlead.simulation.kubeconfig import read_kubeconfig
from fairlead.simulation.objects import JsonObject, Kind, Ref, ref_of

CONFIG_MAP = Kind("v1", "ConfigMap")


def config_map(name: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
    }


async def test_object_is_created_changed_and_deleted(devcluster: DevCluster) -> None:
    ref = Ref(CONFIG_MAP, "default", "a")
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        await cluster.create(config_map("a"))
        changed = await cluster.patch(ref, {"data": {"x": "1"}})
        assert changed.get("data") == {"x": "1"}
        await cluster.delete(ref)
        assert await cluster.find(ref) is None


async def test_refusal_tells_its_status_and_reason(devcluster: DevCluster) -> None:
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        await cluster.create(config_map("a"))
        with pytest.raises(
            ClusterError, match='configmaps "a" already exists'
        ) as caught:
            await cluster.create(config_map("a"))
    assert (caught.value.status, caught.value.reason) == (409, "AlreadyExists")


async def test_watch_tells_what_came_after_the_list(devcluster: DevCluster) -> None:
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        await cluster.create(config_map("before"))
        _, version = await cluster.list(CONFIG_MAP)
        await cluster.create(config_map("after"))
        async for event, value in cluster.watch(CONFIG_MAP, version):
            assert (event, ref_of(value).name) == ("ADDED", "after")
            break


async def test_kind_that_is_not_served_is_told(devcluster: DevCluster) -> None:
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        with pytest.raises(
            ClusterError, match="serves no Poem in v1: apply its definition first"
        ):
            await cluster.list(Kind("v1", "Poem"))
        with pytest.raises(UnreachableError, match="does not serve Poem after"):
            await wait_until_served(
                cluster, [Kind("poems.example.com/v1", "Poem")], seconds=0.1
            )


async def test_connection_must_be_opened(devcluster: DevCluster) -> None:
    with pytest.raises(RuntimeError, match="use it in `async with`"):
        await Cluster(read_kubeconfig(devcluster.kubeconfig_path)).list(CONFIG_MAP)
