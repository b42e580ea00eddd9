"""Kinds that an application has classes for, defined in a development cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fairlead.simulation.cluster import Cluster, wait_until_served
from fairlead.simulation.objects import JsonObject, ref_of, text
from fairlead.simulation.seeding import defined_kinds

__all__ = ["define_kinds"]

_LABEL = "app.kubernetes.io/managed-by"


async def define_kinds(
    kubeconfig: Path,
    definitions: Sequence[JsonObject],
    *,
    progress: Callable[[str], None],
) -> None:
    """Creates the definitions that are missing, and renews those that were made here before.

    A definition that somebody else wrote stays as it is: it says more than a class can.

    Raises:
        ClusterError: the cluster refused a definition.
        UnreachableError: the cluster did not answer.
    """
    changed: list[JsonObject] = []
    async with Cluster.from_kubeconfig(kubeconfig) as cluster:
        for definition in definitions:
            ref = ref_of(definition)
            found = await cluster.find(ref)
            if found is None:
                await cluster.create(definition)
                changed.append(definition)
            elif _is_ours(found, definition):
                await cluster.patch(ref, {"spec": definition["spec"]})
        kinds = [kind for each in changed for kind in defined_kinds(each)]
        await wait_until_served(cluster, kinds)
    if changed:
        names = ", ".join(text(each, "spec", "names", "kind") for each in changed)
        progress(f"Defined from their classes: {names}")


def _is_ours(found: JsonObject, definition: JsonObject) -> bool:
    owner = text(found, "metadata", "labels", _LABEL)
    return owner != "" and owner == text(definition, "metadata", "labels", _LABEL)
