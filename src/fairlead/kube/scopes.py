"""What a user with rights in some namespaces only gets when asking for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from fairlead.access import Authorizer, Decision, ResourceAttributes
from fairlead.context import Request
from fairlead.kube.client import KubeRequest
from fairlead.kube.cluster import Kube
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeForbiddenError, KubeProtocolError
from fairlead.kube.resource import ResourceInfo
from fairlead.kube.reviews import ClusterAuthorizer

__all__ = [
    "Scope",
    "explain",
    "is_known",
    "listen_to_rights",
    "resolve_scope",
    "resolve_watch",
    "review",
    "review_watch",
]

MAX_NAMESPACES = 500
"""As many are merged into one view."""
MAX_CANDIDATES = 10_000
"""As many are looked at."""
MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a user may do something.

    Attributes:
        namespaces: None for everywhere.
        reason: why it is not everywhere, in words a person can act on.
        polled: the places among them (None: everywhere) that may be listed, but not watched.
    """

    namespaces: tuple[str, ...] | None
    reason: str | None = None
    polled: frozenset[str | None] = frozenset()


class _Named(msgspec.Struct):
    name: str


class _Item(msgspec.Struct):
    metadata: _Named


class _Namespaces(msgspec.Struct):
    items: list[_Item]


_decoder = msgspec.json.Decoder(_Namespaces)


async def review(  # noqa: PLR0913, PLR0917  whose right to what, and how old an answer
    request: Request,
    info: ResourceInfo,
    verb: str,
    namespace: str | None,
    name: str | None = None,
    max_age: float | None = None,
) -> Decision:
    """May the user of a request do this to a kind, in one namespace or in all?

    Args:
        max_age: seconds; an older remembered answer will not do.
    """
    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    asked = ResourceAttributes.of(info, verb, namespace=namespace, name=name)
    return (await authorizer.review_many(request, [asked], max_age=max_age))[0]


def listen_to_rights(
    request: Request,
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """How to hear that the rights of a request's user may have changed."""
    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    return partial(authorizer.on_change, request)


def is_known(
    request: Request,
    info: ResourceInfo,
    verb: str,
    namespace: str | None,
    name: str | None = None,
) -> bool | None:
    """Was it answered just now that the user may do this? None where answers are not kept."""
    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    if not isinstance(authorizer, ClusterAuthorizer):
        return None
    attributes = ResourceAttributes.of(info, verb, namespace=namespace, name=name)
    decision = authorizer.find_answer(request, attributes)
    return decision is not None and decision.allowed


async def resolve_scope(request: Request, info: ResourceInfo, verb: str) -> Scope:
    """Where the user may do this to a kind: everywhere, in some namespaces, or nowhere.

    Candidates are the configured namespaces, else those that the user may list, else those
    that the server may list; the cluster is asked about each.

    Raises:
        KubeError: the cluster did not answer.
    """
    return explain(await _find_scope(request, info, verb))


async def _find_scope(
    request: Request, info: ResourceInfo, verb: str, max_age: float | None = None
) -> Scope:
    """The same, of any number of namespaces."""
    decision = await review(request, info, verb, None, max_age=max_age)
    if decision.allowed or decision.needs_user or not info.namespaced:
        return Scope(None if decision.allowed else (), decision.reason)
    candidates = await _find_candidates(request)
    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    rights = [
        ResourceAttributes.of(info, verb, namespace=namespace)
        for namespace in candidates[:MAX_CANDIDATES]
    ]
    decisions = await authorizer.review_many(request, rights, max_age=max_age)
    allowed = tuple(
        namespace
        for namespace, found in zip(candidates, decisions, strict=False)
        if found.allowed
    )
    reason = decision.reason
    if len(candidates) > MAX_CANDIDATES:
        reason = f"{reason}; only the first {MAX_CANDIDATES} namespaces were looked at"
    return Scope(allowed, reason)


async def resolve_watch(
    request: Request,
    info: ResourceInfo,
    namespace: str | None,
    name: str | None,
    max_age: float | None = None,
) -> Scope:
    """Where the user may follow a kind, or an object: live, or by lists where that is all.

    Args:
        max_age: seconds; older remembered answers will not do.

    Raises:
        KubeError: the cluster did not answer.
    """
    if namespace is None and name is None:
        watched = await _find_scope(request, info, "watch", max_age)
        if watched.namespaces is None:
            return watched
        listed = await _find_scope(request, info, "list", max_age)
        return explain(_add(watched, listed))
    decision = await review_watch(request, info, namespace, name, max_age)
    if not decision.allowed:
        return Scope((), decision.reason)
    by_lists = decision.right is not None and decision.right.verb == "list"
    polled = frozenset((namespace,)) if by_lists else frozenset[str | None]()
    return Scope(None if namespace is None else (namespace,), polled=polled)


async def review_watch(
    request: Request,
    info: ResourceInfo,
    namespace: str | None,
    name: str | None,
    max_age: float | None = None,
) -> Decision:
    """May the user watch this, or else list it again and again? `right` says which."""
    watched = await review(request, info, "watch", namespace, name, max_age)
    if watched.allowed or watched.needs_user:
        return watched
    listed = await review(request, info, "list", namespace, name, max_age)
    return listed if listed.allowed else watched


def _add(watched: Scope, listed: Scope) -> Scope:
    """What may be watched, and what may only be listed."""
    if listed.namespaces is None:
        return Scope(None, polled=frozenset((None,)))
    live = watched.namespaces or ()
    more = frozenset(listed.namespaces).difference(live)
    if not more:
        return watched
    return Scope(tuple(sorted(more.union(live))), listed.reason, more)


def explain(scope: Scope) -> Scope:
    """Says what is shown, where that is not all, and shows no more than can be."""
    if not scope.namespaces:
        return scope
    places = scope.namespaces[:MAX_NAMESPACES]
    names = ", ".join(places[:MAX_NAMED])
    if len(places) > MAX_NAMED:
        names = f"{names} and {len(places) - MAX_NAMED} more"
    reason = f"Only {names} are shown: {scope.reason}"
    if left := len(scope.namespaces) - len(places):
        reason = (
            f"{reason}; {left} more are left out: at most {MAX_NAMESPACES} are merged"
        )
    return replace(
        scope,
        namespaces=places,
        reason=reason,
        polled=scope.polled.intersection(places) if scope.polled else scope.polled,
    )


async def _find_candidates(request: Request) -> list[str]:
    kube = request.services.get(Kube)
    if kube.options.namespaces is not None:
        return sorted(kube.options.namespaces)
    if request.user is None:
        return []
    user = kube.acting_for(request, request.user).credentials
    for credentials in (user, kube.client.server_credentials):
        try:
            return await _list_namespaces(kube, credentials)
        except KubeForbiddenError:
            continue
    return []


async def _list_namespaces(kube: Kube, credentials: Credentials) -> list[str]:
    body = await kube.client.send(
        KubeRequest(method="GET", path="/api/v1/namespaces", credentials=credentials)
    )
    try:
        found = _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise KubeProtocolError("The cluster's namespaces cannot be read") from error
    return sorted(item.metadata.name for item in found.items)
