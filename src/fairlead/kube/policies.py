"""Who may call a resource router's procedures: whoever the cluster lets do the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from fairlead.access import AccessRequest, Authorizer, Decision, ResourceAttributes
from fairlead.context import Request
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.scopes import resolve_scope

__all__ = ["VERBS", "Verb", "on_resource"]

Verb = Literal["get", "list", "watch", "create", "update", "patch", "delete"]

VERBS: tuple[Verb, ...] = (
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
)


@dataclass(frozen=True, slots=True)
class _OnResource:
    verb: Verb
    needs_input: bool = True

    async def decide(self, request: AccessRequest) -> Decision:
        if request.request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        info = get_info(getattr(request.router, "resource"))  # noqa: B009  any router class
        authorizer = request.request.services.get(Authorizer)  # type: ignore[type-abstract]
        default = authorizer.default_namespace
        namespace, name = _locate(request, info, self.verb, default)
        asked = ResourceAttributes.of(info, self.verb, namespace=namespace, name=name)
        found = await _decide(request.request, info, authorizer, asked)
        if self.verb != "watch" or found.allowed:
            return found
        # What may be listed may be followed by lists: slower, and flagged.
        listed = replace(asked, verb="list")
        other = await _decide(request.request, info, authorizer, listed)
        return other if other.allowed else found

    def __repr__(self) -> str:
        return f"can({self.verb!r}, the router's resource)"


async def _decide(
    request: Request,
    info: ResourceInfo,
    authorizer: Authorizer,
    asked: ResourceAttributes,
) -> Decision:
    if asked.namespace is not None or asked.verb not in ("list", "watch"):
        return await authorizer.review(request, asked)
    scope = await resolve_scope(request, info, asked.verb)
    allowed = scope.namespaces != ()
    return Decision(allowed=allowed, reason=scope.reason, right=asked)


def _locate(
    request: AccessRequest, info: ResourceInfo, verb: Verb, default: str | None
) -> tuple[str | None, str | None]:
    """The namespace and the name that a call is about."""
    whole = request.input.get("object_")
    if whole is not None and isinstance(whole, Resource):
        namespace: object = whole.metadata.namespace
        name: object = whole.metadata.name
    else:
        namespace = request.input.get("namespace")
        name = request.input.get("name")
    if namespace is None and info.namespaced and verb not in ("list", "watch"):
        namespace = default
    return (
        namespace if isinstance(namespace, str) else None,
        name if isinstance(name, str) else None,
    )


def on_resource(verb: Verb) -> _OnResource:
    """Allows whoever holds that right on the object, namespace or kind a call is about."""
    return _OnResource(verb)
