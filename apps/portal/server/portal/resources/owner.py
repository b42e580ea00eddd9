"""Ownership: what is deleted with what."""

from fairlead.kube import OwnerReference, Resource


def owner_of(object_: Resource) -> OwnerReference:
    """The reference that has something deleted together with `object_`."""
    return OwnerReference(
        api_version=object_.api_version,
        kind=object_.kind,
        name=object_.metadata.name,
        uid=object_.metadata.uid,
        controller=True,
        block_owner_deletion=True,
    )
