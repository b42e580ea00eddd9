"""The request, and the resource and version it is about: what every verb works on."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.devcluster import errors as err
from fairlead.devcluster import managed
from fairlead.devcluster.errors import ApiError, FieldError
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.options import manager_name
from fairlead.devcluster.registry import Resource, Version
from fairlead.devcluster.request import Request
from fairlead.devcluster.state import State


@dataclass(slots=True)
class Target:
    """One request about one resource, in one of its versions."""

    state: State
    request: Request
    resource: Resource
    version: Version

    @property
    def api_version(self) -> str:
        """The apiVersion of the request's version."""
        return self.resource.api_version(self.version.name)

    def writer(self, operation: str = "Update") -> managed.Writer:
        """Return who writes."""
        return managed.Writer(
            manager_name(self.request),
            operation,
            self.api_version,
            self.request.subresource,
            timestamp(self.state.clock()),
        )

    def invalid(self, name: str, problems: list[FieldError]) -> ApiError:
        """422 for an object of this kind."""
        return err.invalid(self.resource.group, self.resource.kind, name, problems)

    @property
    def namespace(self) -> str:
        """The namespace of the URL; nothing for cluster-wide kinds."""
        return self.request.namespace if self.resource.namespaced else ""
