"""get and list: which version is read, pages, and the shapes of answers."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import ApiError, FieldError, bad_request, expired
from fairlead.devcluster.jsonsyntax import syntax_error
from fairlead.devcluster.jsontypes import JsonObject, is_object
from fairlead.devcluster.negotiation import choose_form
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.representation import object_response, records_response
from fairlead.devcluster.request import Request, parse_int, parse_resource_version
from fairlead.devcluster.responses import Response
from fairlead.devcluster.scalars import read_scalar
from fairlead.devcluster.selection import Selection, select
from fairlead.devcluster.state import State
from fairlead.devcluster.storage import Key, Record
from fairlead.devcluster.target import Target

_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 - not a secret: the format name in continue tokens
_TOO_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You "  # noqa: S105 - not a secret
    "can start a new list without the continue parameter, or use the continue token in "
    "this response to retrieve the remainder of the results. Continuing with the provided "
    "token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_TOO_OLD_LIST = "The resourceVersion for the provided list is too old."


async def get_object(target: Target) -> Response:
    """Answer GET of one object."""
    form = choose_form(target.request.header("accept"))
    if text := target.request.param("resourceVersion"):
        await _wait_for(target.state, target.resource, parse_resource_version(text))
    return object_response(target, find_record(target), form=form)


def find_record(target: Target) -> Record:
    """Return the object that the URL names; 404 when there is none."""
    key, name = target.resource.storage_key, target.request.name
    record = target.state.storage.find(key, target.namespace, name)
    if record is None:
        raise err.not_found(target.resource.subject, name)
    return record


async def _wait_for(state: State, resource: Resource, revision: int) -> None:
    """Wait a moment for a version this server has not reached; then 504."""
    if revision <= state.storage.revision:
        return
    deadline = asyncio.get_running_loop().time() + state.limits.future_wait_seconds
    while revision > state.storage.revision and not state.closing:
        remaining = deadline - asyncio.get_running_loop().time()
        if remaining <= 0:
            break
        waiter = state.bell.waiter(resource.storage_key)
        await asyncio.wait([waiter], timeout=min(remaining, 0.1))
        state.bell.forget(resource.storage_key, waiter)
    if revision > state.storage.revision:
        raise err.future_version(revision, state.storage.revision)


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The parameters of a list request."""

    limit: int
    token: str
    revision: int | None
    match: str


def list_options(request: Request) -> ListOptions:
    """Read and check the parameters of a list request."""
    limit = parse_int(request.param("limit")) if request.param("limit") else 0
    token = request.param("continue")
    text, match = (
        request.param("resourceVersion"),
        request.param("resourceVersionMatch"),
    )
    problems = list(_match_problems(request, text, match))
    if problems:
        raise err.invalid("meta.k8s.io", "ListOptions", "", problems)
    revision = parse_resource_version(text) if text else None
    if token and revision:
        raise bad_request(
            "specifying resource version is not allowed when using continue"
        )
    return ListOptions(max(limit, 0), token, revision, match)


def _match_problems(
    request: Request, revision: str, match: str
) -> Iterator[FieldError]:
    field = "resourceVersionMatch"
    if match:
        if not revision:
            yield err.forbidden_field(
                field,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            )
        if request.param("continue"):
            yield err.forbidden_field(
                field, "resourceVersionMatch is forbidden when continue is provided"
            )
        if match not in {"Exact", "NotOlderThan"}:
            yield err.not_supported(
                field, f'"{match}"', ['"Exact"', '"NotOlderThan"', '""']
            )
        if match == "Exact" and revision == "0":
            yield err.forbidden_field(
                field,
                'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
            )
    if "sendInitialEvents" in request.query:
        yield err.forbidden_field(
            "sendInitialEvents", "sendInitialEvents is forbidden for list"
        )


@dataclass(slots=True)
class Page:
    """One page of a list."""

    records: list[Record]
    revision: int
    token: str = ""
    remaining: int | None = None

    def metadata(self) -> JsonObject:
        """Return the list's metadata."""
        found: JsonObject = {"resourceVersion": str(self.revision)}
        if self.token:
            found["continue"] = self.token
        if self.remaining is not None:
            found["remainingItemCount"] = self.remaining
        return found


async def list_objects(target: Target) -> Response:
    """Answer GET of a collection."""
    form = choose_form(target.request.header("accept"))
    options = list_options(target.request)
    selection = select(target.request, target.resource, target.version)
    page = await read_page(target.state, selection, options)
    return records_response(target, page.records, page.metadata(), form)


async def read_page(state: State, selection: Selection, options: ListOptions) -> Page:
    """Return the page of a list that the options ask for."""
    resource = selection.resource
    if options.token:
        at, after = _read_token(state, options.token, selection)
        if at < 0:
            return _page(state, selection, options, None, after)
        return _page(state, selection, options, at, after)
    exact = options.match == "Exact" or (
        options.limit and not options.match and options.revision
    )
    if options.revision and exact:
        if options.revision > state.storage.revision:
            raise err.future_version(options.revision, state.storage.revision)
        if options.revision < state.storage.compacted:
            raise expired(_TOO_OLD_LIST)
        return _page(state, selection, options, options.revision, ("", ""))
    if options.revision:
        await _wait_for(state, resource, options.revision)
    return _page(state, selection, options, None, ("", ""))


def _page(
    state: State, selection: Selection, options: ListOptions, at: int | None, after: Key
) -> Page:
    storage, resource = state.storage, selection.resource
    if at is None:
        at = storage.revision
        source = storage.scan(resource.storage_key, selection.namespace, after)
    else:
        source = storage.snapshot(resource.storage_key, selection.namespace, at, after)
    matching = _matching(source, selection)
    if not options.limit:
        return Page(list(matching), at)
    records = list(islice(matching, options.limit))
    following = next(matching, None)
    if following is None:
        return Page(records, at)
    page = Page(records, at, _write_token(at, records[-1], selection))
    if selection.everything:
        page.remaining = 1 + sum(1 for _ in matching)
    return page


def _matching(records: Iterable[Record], selection: Selection) -> Iterator[Record]:
    if selection.everything:
        return iter(records)
    return (
        item
        for item in records
        if selection.matches(item.namespace, item.name, item.raw)
    )


def _write_token(at: int, last: Record, selection: Selection) -> str:
    start = (
        last.name
        if selection.namespace is not None
        else f"{last.namespace}/{last.name}"
    )
    return encode_token(at, f"{start}\x00")


def encode_token(revision: int, start: str) -> str:
    """Return a continue token, in the format of the real server."""
    body = msgspec.json.encode({"v": _TOKEN_VERSION, "rv": revision, "start": start})
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _read_token(state: State, token: str, selection: Selection) -> tuple[int, Key]:
    revision, start = _decode_token(token)
    name = start.lstrip("/").removesuffix("\x00")
    if selection.namespace is not None:
        after = (selection.namespace, name.rpartition("/")[2])
    else:
        namespace, _, last = name.rpartition("/")
        after = (namespace, last)
    if revision > state.storage.revision:
        raise err.future_version(revision, state.storage.revision)
    if 0 <= revision < state.storage.compacted:
        raise expired(_TOO_OLD_TOKEN, {"continue": encode_token(-1, start)})
    return revision, after


def _decode_token(token: str) -> tuple[int, str]:
    try:
        padded = token + "=" * (-len(token) % 4)
        if len(token) % 4 == 1:
            raise ValueError(f"illegal base64 data at input byte {len(token) - 1}")
        read_scalar("byte", padded.replace("-", "+").replace("_", "/"))
        raw = base64.urlsafe_b64decode(padded.encode("ascii"))
        if problem := syntax_error(raw):
            raise _bad_token(problem)
        decoded = msgspec.json.decode(raw)
    except (msgspec.DecodeError, binascii.Error, UnicodeError, ValueError) as exc:
        raise _bad_token(str(exc)) from exc
    if not is_object(decoded) or decoded.get("v") != _TOKEN_VERSION:
        raise _bad_token("encoded with an unknown version")
    revision, start = decoded.get("rv"), decoded.get("start")
    if not isinstance(revision, int) or not isinstance(start, str) or not start:
        raise _bad_token("incorrectly encoded start or resource version")
    return revision, start


def _bad_token(reason: str) -> ApiError:
    return bad_request(f"invalid continue token: continue key is not valid: {reason}")
