"""What a simulation asks of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from fairlead.simulation.objects import JsonObject, Ref, ref_of, text


@dataclass(frozen=True, slots=True)
class Create:
    """Create an object; one of that name already there is as good."""

    value: JsonObject

    @property
    def ref(self) -> Ref:
        """The object."""
        return ref_of(self.value)


@dataclass(frozen=True, slots=True)
class Patch:
    """Merge into an object as it was seen: refused if it has changed since."""

    ref: Ref
    body: JsonObject
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object; one that is gone is as good."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Log:
    """Add lines to the log of a container; without timestamps they are of this moment."""

    ref: Ref
    container: str
    lines: tuple[str, ...]
    previous: bool = False
    timestamps: bool = False


Action: TypeAlias = Create | Patch | Delete | Log


def patch_status(seen: JsonObject, status: JsonObject) -> Patch:
    """A change of the status of an object as it was seen."""
    return Patch(ref_of(seen), {"metadata": _version(seen), "status": status}, "status")


def patch_spec(seen: JsonObject, spec: JsonObject) -> Patch:
    """A change of the spec of an object as it was seen."""
    return Patch(ref_of(seen), {"metadata": _version(seen), "spec": spec})


def _version(seen: JsonObject) -> JsonObject:
    return {"resourceVersion": text(seen, "metadata", "resourceVersion")}
