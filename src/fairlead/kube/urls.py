"""URLs of the API server's REST interface, built from checked parts only."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from fairlead.errors import TRPCError
from fairlead.kube.names import check_name, check_namespace, is_dns_label
from fairlead.kube.resource import ResourceInfo

__all__ = ["Query", "get_collection_path", "get_object_path", "to_query"]

Query = Mapping[str, str | int | bool | tuple[str, ...] | None]


def get_collection_path(info: ResourceInfo, namespace: str | None) -> str:
    """Where the objects of a kind are: of one namespace, or of all (None).

    Raises:
        TRPCError: BAD_REQUEST; the namespace is none, or the kind has none.
    """
    root = (
        f"/apis/{info.group}/{info.version}" if info.group else f"/api/{info.version}"
    )
    if namespace is None:
        return f"{root}/{info.plural}"
    if not info.namespaced:
        raise TRPCError(
            "BAD_REQUEST",
            f"{info.kind} is cluster-scoped: leave out namespace={namespace!r}",
        )
    return f"{root}/namespaces/{check_namespace(namespace)}/{info.plural}"


def get_object_path(
    info: ResourceInfo, name: str, namespace: str | None, subresource: str | None = None
) -> str:
    """Where one object is.

    Raises:
        TRPCError: BAD_REQUEST; name or namespace is none, or a namespace is missing.
    """
    if info.namespaced and namespace is None:
        raise TRPCError(
            "BAD_REQUEST",
            f"{info.kind} is namespaced: say which namespace {name!r} is in",
        )
    path = f"{get_collection_path(info, namespace)}/{quote(check_name(name), safe='')}"
    if subresource is None:
        return path
    if not is_dns_label(subresource):
        raise TRPCError("BAD_REQUEST", f"{subresource!r} is no subresource")
    return f"{path}/{subresource}"


def to_query(parameters: Query) -> str:
    """A query string of what is not None; booleans as Kubernetes writes them.

    A tuple is given as often as it has items.
    """
    pairs = [
        (name, str(item).lower() if isinstance(item, bool) else str(item))
        for name, value in parameters.items()
        if value is not None
        for item in (value if isinstance(value, tuple) else (value,))
    ]
    return urlencode(pairs, quote_via=quote)
