"""Which code answers a request."""

from __future__ import annotations

from typing import TypeAlias

from fairlead.devcluster import discovery
from fairlead.devcluster import errors as err
from fairlead.devcluster.accepting import decode_object
from fairlead.devcluster.deletes import delete_collection, delete_object, read_options
from fairlead.devcluster.errors import PlainError, method_not_allowed
from fairlead.devcluster.execution import Exchange
from fairlead.devcluster.interactive import answer_interactive
from fairlead.devcluster.logs import answer_log, append_log
from fairlead.devcluster.negotiation import YAML, accepts_aggregated, choose_form
from fairlead.devcluster.openapi import Documents
from fairlead.devcluster.options import check_write_options
from fairlead.devcluster.patches import patch
from fairlead.devcluster.reads import find_record, get_object, list_objects
from fairlead.devcluster.registry import Version
from fairlead.devcluster.request import Request, check_slashes
from fairlead.devcluster.responses import Response, Stream, answer, encode, plain
from fairlead.devcluster.reviews import answer_review
from fairlead.devcluster.state import State
from fairlead.devcluster.subresources import (
    answer_binding,
    answer_eviction,
    answer_finalize,
    answer_scale,
    answer_token,
)
from fairlead.devcluster.target import Target
from fairlead.devcluster.watches import watch_objects
from fairlead.devcluster.writes import create, replace

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_HEALTH = {"healthz", "livez", "readyz"}
_CHECKS = ("ping", "storage", "etcd", "log")
_OPTION_KINDS = {
    "create": "CreateOptions",
    "update": "UpdateOptions",
    "patch": "PatchOptions",
}
_POSTED = {
    "scale": answer_scale,
    "finalize": answer_finalize,
    "token": answer_token,
    "binding": answer_binding,
    "eviction": answer_eviction,
}
Answer: TypeAlias = Response | Stream | Exchange


class Routes:
    """The table of everything that can be asked."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._documents = Documents(state.registry)

    async def respond(self, request: Request) -> Answer:
        """Answer one authorized request."""
        if request.method in {"HEAD", "OPTIONS"}:
            raise method_not_allowed()
        check_slashes(request.path)
        if not request.is_resource:
            return self._non_resource(request)
        resource, version = self._state.registry.get(
            request.group, request.version, request.plural
        )
        if (
            resource.namespaced
            and not request.namespace
            and request.verb not in {"list", "watch"}
        ):
            raise method_not_allowed()
        if (
            not resource.namespaced
            and request.namespace
            and request.plural != "namespaces"
        ):
            raise err.unknown_resource()
        if request.verb in _OPTION_KINDS:
            check_write_options(request, _OPTION_KINDS[request.verb])
        target = Target(self._state, request, resource, version)
        if request.subresource:
            return await _subresource(target)
        if request.verb not in resource.verbs:
            raise method_not_allowed()
        return await _object(target)

    # everything that is not a resource

    def _non_resource(self, request: Request) -> Response:
        if request.method != "GET":
            raise method_not_allowed()
        parts = [part for part in request.path.split("/") if part]
        match parts:
            case []:
                return answer({"paths": self._paths()})
            case ["version"]:
                return answer(discovery.version_info())
            case ["metrics"]:
                return plain(self._metrics())
            case [name] | [name, _] if name in _HEALTH:
                return self._health(request, parts)
            case ["api" | "apis" as root, *rest]:
                return self._discovery(request, root, rest)
            case ["openapi", *rest]:
                return self._openapi(request, rest)
            case _:
                raise PlainError(404, "404 page not found\n")

    def _paths(self) -> list[str]:
        groups = self._state.registry.groups()
        return [
            "/api",
            "/api/v1",
            "/apis",
            *(f"/apis/{group}" for group in groups),
            "/healthz",
            "/livez",
            "/openapi/v2",
            "/openapi/v3",
            "/readyz",
            "/version",
        ]

    def _metrics(self) -> str:
        storage = self._state.storage
        lines = ["# TYPE apiserver_storage_objects gauge"]
        lines += [
            f'apiserver_storage_objects{{resource="{key}"}} {storage.count(key)}'
            for key in storage.resources()
        ]
        return "\n".join(lines) + "\n"

    def _health(self, request: Request, parts: list[str]) -> Response:
        if len(parts) == 2 and parts[1] not in _CHECKS:
            raise PlainError(404, "404 page not found\n")
        if len(parts) == 1 and request.path.endswith("/"):
            raise PlainError(404, "404 page not found\n")
        if self._state.closing:
            return plain("shutting down", 500)
        if "verbose" in request.query:
            lines = "".join(f"[+]{name} ok\n" for name in _CHECKS)
            return plain(f"{lines}{parts[0]} check passed\n")
        return plain("ok")

    def _discovery(self, request: Request, root: str, rest: list[str]) -> Response:
        registry = self._state.registry
        if not rest and accepts_aggregated(request.header("accept")):
            groups = [""] if root == "api" else registry.groups()
            return self._aggregated(request, groups)
        media = choose_form(request.header("accept"), shapes=False).media
        if root == "api":
            if not rest:
                return answer(
                    discovery.api_versions(request.header("host")), media=media
                )
            group, version = "", rest[0]
        elif not rest:
            return answer(discovery.group_list(registry), media=media)
        else:
            group, version = rest[0], rest[1] if len(rest) > 1 else ""
        if not version and registry.versions(group):
            found = discovery.api_group(registry, group)
            return answer(
                {"kind": "APIGroup", "apiVersion": "v1", **found}, media=media
            )
        if not registry.resources(group, version):
            raise PlainError(404, "404 page not found\n")
        return answer(discovery.resource_list(registry, group, version), media=media)

    def _aggregated(self, request: Request, groups: list[str]) -> Response:
        body = encode(discovery.aggregated(self._state.registry, groups))
        tag = f'"{self._state.registry.generation:X}{len(body):X}"'
        headers = {"etag": tag, "vary": "Accept"}
        if request.header("if-none-match") == tag:
            return Response(304, b"", _AGGREGATED, headers)
        return Response(200, body, _AGGREGATED, headers)

    def _openapi(self, request: Request, rest: list[str]) -> Response:
        match rest:
            case ["v3"]:
                return answer(self._documents.index())
            case ["v3", "api", version]:
                return self._document("", version)
            case ["v3", "apis", group, version]:
                return self._document(group, version)
            case ["v2"]:
                form = choose_form(request.header("accept"), shapes=False)
                media = YAML if form.media == YAML else form.media
                return answer(self._documents.swagger(), media=media)
            case _:
                raise PlainError(404, "404 page not found\n")

    def _document(self, group: str, version: str) -> Response:
        found = self._documents.document(group, version)
        if found is None:
            raise PlainError(404, "404 page not found\n")
        tag = f'"{self._documents.hash(group, version)}"'
        return Response(200, encode(found), headers={"etag": tag})


async def _object(target: Target) -> Response | Stream:
    match target.request.verb:
        case "get":
            return await get_object(target)
        case "list":
            return await list_objects(target)
        case "watch":
            return watch_objects(target)
        case "create":
            return await _create(target)
        case "update" | "patch":
            return await _change(target)
        case _:
            return await _delete(target)


async def _create(target: Target) -> Response:
    request = target.request
    if request.name:
        raise method_not_allowed()
    raw = await request.read_body()
    choose_form(request.header("accept"))
    content_type = request.header("content-type")
    if target.resource.virtual:
        return answer_review(target, raw, content_type)
    return create(target, decode_object(target, raw, content_type))


async def _change(target: Target) -> Response:
    request, resource = target.request, target.resource
    if not request.name:
        raise method_not_allowed()
    raw = await request.read_body()
    choose_form(request.header("accept"))
    content_type = request.header("content-type")
    storage = target.state.storage
    record = storage.find(resource.storage_key, target.namespace, request.name)
    if request.verb == "patch":
        return patch(target, record, raw, content_type)
    return replace(target, record, decode_object(target, raw, content_type))


async def _delete(target: Target) -> Response:
    raw = await target.request.read_body()
    options = read_options(target, raw, target.request.header("content-type"))
    if target.request.verb == "deletecollection":
        return await delete_collection(target, options)
    return delete_object(target, find_record(target), options)


async def _subresource(target: Target) -> Answer:
    request = target.request
    found = target.resource.find_subresource(request.subresource)
    if found is None or (
        target.resource.custom and not _has(target.version, found.name)
    ):
        raise err.unknown_resource()
    if found.name == "log" and request.verb == "create":
        return await append_log(target)
    if request.verb not in found.verbs:
        raise method_not_allowed()
    if found.name == "status":
        if request.verb == "get":
            return await get_object(target)
        return await _change(target)
    if found.name == "log":
        return answer_log(target)
    if found.name in {"exec", "attach"}:
        return answer_interactive(target)
    raw = await request.read_body()
    return _POSTED[found.name](target, raw, request.header("content-type"))


def _has(version: Version, name: str) -> bool:
    return version.status if name == "status" else version.scale is not None
