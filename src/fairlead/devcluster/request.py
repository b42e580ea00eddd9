"""What is asked: the URL as verb, resource and name, and what the headers say."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fairlead.devcluster.errors import (
    ApiError,
    PlainError,
    bad_request,
    unknown_resource,
)
from fairlead.devcluster.identity import ANONYMOUS, User

_METHOD_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


@dataclass(slots=True)
class Request:
    """One HTTP request, taken apart."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: list[tuple[str, str]]
    read_body: Callable[[], Awaitable[bytes]]
    user: User = ANONYMOUS
    verb: str = ""
    is_resource: bool = False
    group: str = ""
    version: str = ""
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    upgrade: str = ""
    protocols: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])

    def param(self, name: str) -> str:
        """Return the first value of a query parameter, or nothing."""
        return self.query.get(name, [""])[0]

    def flag(self, name: str) -> bool:
        """Read a boolean parameter as Kubernetes does: anything but 0 and false."""
        values = self.query.get(name)
        return values is not None and values[0].lower() not in {"", "0", "false"}

    def header(self, name: str) -> str:
        """Return the first value of a header (lower-case name), or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def header_values(self, name: str) -> list[str]:
        """Return all values of a repeatable header."""
        return [value for key, value in self.headers if key == name]

    def warn(self, text: str) -> None:
        """Add a `Warning` header to the answer."""
        if text not in self.warnings:
            self.warnings.append(text)

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be stored."""
        return bool(self.query.get("dryRun"))

    @property
    def watching(self) -> bool:
        """Whether a collection is to be watched."""
        return self.verb == "watch"

    @property
    def full_resource(self) -> str:
        """The resource as rules name it: `pods` or `pods/log`."""
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


def parse_query(text: str) -> dict[str, list[str]]:
    """Return query parameters in order of appearance."""
    found: dict[str, list[str]] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(key, []).append(value)
    return found


def resolve(request: Request) -> None:
    """Fill in verb and resource from method and path."""
    request.verb = (
        request.method.lower()
        if request.method not in _METHOD_VERBS
        else _METHOD_VERBS[request.method]
    )
    # A namespace without a name is none: the objects of all of them are meant.
    path = request.path.replace("/namespaces//", "/")
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        request.version, rest = parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        request.group, request.version, rest = parts[1], parts[2], parts[3:]
    else:
        return
    watch_path = rest[0] == "watch" and len(rest) > 1
    if watch_path:
        rest = rest[1:]
    request.is_resource = True
    _resolve_resource(request, rest)
    _resolve_collection_verb(request, watch_path)


def _resolve_resource(request: Request, rest: list[str]) -> None:
    if rest[0] == "namespaces" and len(rest) > 1:
        request.namespace = rest[1]
        if len(rest) > 2 and rest[2] not in {"status", "finalize"}:
            rest = rest[2:]
    request.plural = rest[0]
    if len(rest) > 1:
        request.name = rest[1]
    if len(rest) > 2:
        request.subresource = "/".join(rest[2:])


def _resolve_collection_verb(request: Request, watch_path: bool) -> None:
    if request.name:
        if watch_path:
            request.verb = "watch"
            request.query["fieldSelector"] = [f"metadata.name={request.name}"]
            request.name = ""
        return
    if request.verb == "get":
        request.verb = "watch" if watch_path or request.flag("watch") else "list"
    elif request.verb == "delete":
        request.verb = "deletecollection"


def check_slashes(path: str) -> None:
    """Refuse paths with nothing between two slashes, but for the name of a namespace."""
    parts = path.rstrip("/").split("/")[1:]
    if "" not in parts:
        return
    place = parts.index("")
    in_version = (parts[0], place) in {("api", 1), ("api", 2), ("apis", 3)}
    if in_version:
        raise unknown_resource()
    if place == 0 or (parts[0] == "apis" and place < 3):
        raise PlainError(404, "404 page not found\n")


def parse_duration(text: str) -> float:
    """Return seconds from a Go duration such as `5m16s`; 400 when it is none."""
    if text == "0":
        return 0.0
    found = _DURATION.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        raise bad_request(
            f'invalid timeout specified in the request URL - time: invalid duration "{text}"'
        )
    return sum(float(number) * _UNITS[unit] for number, unit in found)


def parse_int(text: str) -> int:
    """Return an integer parameter; 400 with the parser's words when it is none."""
    if not re.fullmatch(r"[-+]?\d{1,19}", text, re.ASCII):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def parse_resource_version(text: str) -> int:
    """Return a version as a number; 400 when it is not one of ours."""
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII):
        raise ApiError(
            400,
            "BadRequest",
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax',
        )
    return int(text)
