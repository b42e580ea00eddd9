"""An HTTP request as tRPC calls: which procedures, in a batch or not, with which raw inputs."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar, cast
from urllib.parse import unquote_to_bytes

from fairlead.errors import TRPCError
from fairlead.protocol.inputs import mend_halves
from fairlead.protocol.options import WireOptions, WireType
from fairlead.protocol.transformer import load_json

__all__ = [
    "BodyKind",
    "CallTarget",
    "HasKind",
    "RequestHead",
    "RequestParser",
    "check_head",
    "decode_path",
    "find_target",
    "get_accept",
    "get_last_event_id",
    "get_methods",
    "parse_connection_params",
    "parse_query",
    "unquote",
    "unquote_plus",
]

BodyKind = Literal["json", "form", "bytes"]

METHODS: Mapping[str, tuple[str, ...]] = {
    "mutation": ("POST",),
    "query": ("GET",),
    "subscription": ("GET",),
}
METHODS_WITH_OVERRIDE: Mapping[str, tuple[str, ...]] = {
    "mutation": ("POST",),
    "query": ("GET", "POST"),
    "subscription": ("GET", "POST"),
}
_MEDIA_TYPES: Mapping[str, BodyKind] = {
    "application/json": "json",
    "multipart/form-data": "form",
    "application/octet-stream": "bytes",
}
KNOWN_PATHS = 4096
# Numbers: where bytes are asked for bytes, CPython 3.11 makes and drops an exception each time.
_PERCENT, _PLUS, _LINE_FEED, _RETURN = b"%+\n\r"
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class HasKind(Protocol):
    """A procedure, as far as the wire needs to know it."""

    @property
    def kind(self) -> Literal["query", "mutation", "subscription"]:
        """Query, mutation or subscription."""
        ...


P = TypeVar("P", bound=HasKind)


@dataclass(slots=True)
class CallTarget(Generic[P]):
    """One call of a request: what it names, and the procedure there if there is one."""

    index: int
    path: str
    procedure: P | None

    @property
    def known_path(self) -> str | None:
        """The path, if a procedure has it."""
        return None if self.procedure is None else self.path


@dataclass(slots=True)
class RequestHead(Generic[P]):
    """What a request asks for, before any input is read.

    Attributes:
        type: of its calls; a form or byte stream always counts as a mutation.
        accept: `application/jsonl` (or whatever `trpc-accept` holds), else None.
    """

    calls: tuple[CallTarget[P], ...]
    is_batch: bool
    type: WireType
    accept: str | None
    connection_params: Mapping[str, str] | None
    body_kind: BodyKind = "json"
    query: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def procedure_type(self) -> WireType:
        """The type of the first call whose procedure exists."""
        for call in self.calls:
            if call.procedure is not None:
                return call.procedure.kind
        return "unknown"


def decode_path(raw: bytes, separator: str = ".") -> str:
    """The procedure path(s) of a URL path below the mount, slashes trimmed.

    Raises:
        TRPCError: BAD_REQUEST for broken percent-encoding.
    """
    # tRPC's standalone server trims the URL's path, and then what is left below its base path.
    raw = raw.removeprefix(b"/").removesuffix(b"/").removesuffix(b"/")
    try:
        if _PERCENT not in raw:
            path = raw.decode()
        elif _BAD_ESCAPE.search(raw):
            raise ValueError("a % without two hexadecimal digits")
        else:
            path = unquote_to_bytes(raw).decode()
    except ValueError as error:
        shown = raw.decode("latin-1")
        raise TRPCError(
            "BAD_REQUEST", f'Invalid URL-encoding in path "{shown}"', cause=error
        ) from error
    return path if separator == "." else path.replace(separator, ".")


def unquote(raw: bytes) -> bytes:
    """Percent-decoding; what is no escape stays as it is, as in the URL standard.

    The quoted-printable decoder is the one in the standard library that is written in C: with
    `=` for `%` it does the same, several times faster. Each escape must have shortened the text
    by two, or something in it was none; line breaks mean something to that decoder.
    """
    if _LINE_FEED in raw or _RETURN in raw:
        return unquote_to_bytes(raw)
    decoded = a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(raw) - len(decoded) == 2 * raw.count(b"%"):
        return decoded
    return unquote_to_bytes(raw)


def unquote_plus(raw: bytes) -> bytes:
    """The value of a form or query parameter."""
    if _PLUS in raw:
        raw = raw.replace(b"+", b" ")
    return unquote(raw) if _PERCENT in raw else raw


def parse_query(query: bytes) -> dict[str, bytes]:
    """The parameters of a query string, still as bytes; the first of a name wins."""
    parameters: dict[str, bytes] = {}
    if not query:
        return parameters
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        text = unquote_plus(name).decode("utf-8", "replace")
        parameters.setdefault(text, unquote_plus(value))
    return parameters


def get_accept(headers: Mapping[str, str]) -> str | None:
    """How the client wants a batch: streamed as JSON lines, or (None) at once."""
    asked = headers.get("trpc-accept")
    if asked is not None:
        return asked
    accept = headers.get("accept")
    if accept is None or "application/jsonl" not in accept:
        return None
    listed = any(part.strip() == "application/jsonl" for part in accept.split(","))
    return "application/jsonl" if listed else None


def get_last_event_id(
    headers: Mapping[str, str], query: Mapping[str, bytes]
) -> str | None:
    """Where a subscription resumes: by header, else by query parameter."""
    value = headers.get("last-event-id")
    if value is None:
        raw = query.get("lastEventId", query.get("Last-Event-Id"))
        value = None if raw is None else raw.decode("utf-8", "replace")
    return value or None


def parse_connection_params(parsed: object) -> Mapping[str, str] | None:
    """Checks connection params: an object of strings, or null.

    Raises:
        TRPCError: PARSE_ERROR.
    """
    if parsed is None:
        return None
    if isinstance(parsed, dict):
        params = cast("dict[str, object]", parsed)
        if all(isinstance(value, str) for value in params.values()):
            return cast("dict[str, str]", params)
    raise TRPCError("PARSE_ERROR", "Invalid connection params shape")


def _parse_params_text(raw: bytes) -> Mapping[str, str] | None:
    try:
        parsed = load_json(mend_halves(raw))
    except ValueError as error:
        raise TRPCError(
            "PARSE_ERROR", "Not JSON-parsable query params", cause=error
        ) from error
    return parse_connection_params(parsed)


def _get_body_kind(method: str, content_type: str | None) -> BodyKind:
    media_type = (
        None if content_type is None else content_type.partition(";")[0].strip().lower()
    )
    kind = None if media_type is None else _MEDIA_TYPES.get(media_type)
    if kind is None:
        if method == "GET":
            return "json"
        shown = (
            "Missing content-type header"
            if content_type is None
            else f'Unsupported content-type "{content_type}'
        )
        raise TRPCError("UNSUPPORTED_MEDIA_TYPE", shown)
    if kind != "json" and method != "POST":
        raise TRPCError(
            "METHOD_NOT_SUPPORTED",
            f"Only POST requests are supported for {media_type} requests",
        )
    return kind


@dataclass(slots=True)
class _Targets(Generic[P]):
    """What a URL path names; the same for all requests to it."""

    calls: tuple[CallTarget[P], ...]
    type: WireType


class RequestParser(Generic[P]):
    """Reads which calls HTTP requests make; their inputs stay unread.

    Args:
        find: the procedure at a dotted path.
    """

    def __init__(self, find: Callable[[str], P | None], options: WireOptions) -> None:
        self._find = find
        self._options = options
        self._known: dict[tuple[bytes, bool], _Targets[P]] = {}

    def parse(
        self,
        method: str,
        raw_path: bytes,
        query_string: bytes,
        headers: Mapping[str, str],
    ) -> RequestHead[P]:
        """Reads one request.

        Args:
            raw_path: the URL's path below the mount, as sent.
            headers: by lower-case name.

        Raises:
            TRPCError: the request as a whole cannot be understood.
        """
        query = parse_query(query_string)
        is_batch = query.get("batch") == b"1"
        content_type = headers.get("content-type")
        body_kind: BodyKind = "json"
        if content_type != "application/json" and (
            content_type is not None or method != "GET"
        ):
            decode_path(raw_path)  # a broken path is reported first
            body_kind = _get_body_kind(method, content_type)
            if body_kind != "json":
                path = decode_path(raw_path, self._options.path_separator)
                target = CallTarget(0, path, self._find(path))
                accept = get_accept(headers)
                return RequestHead(
                    (target,),
                    False,
                    "mutation",
                    accept if accept == "application/jsonl" else None,
                    None,
                    body_kind,
                    query,
                )
        targets = self._known.get((raw_path, is_batch)) or self._find_targets(
            raw_path, is_batch
        )
        params = query.get("connectionParams")
        return RequestHead(
            targets.calls,
            is_batch,
            targets.type,
            get_accept(headers),
            None if params is None else _parse_params_text(params),
            "json",
            query,
        )

    def _find_targets(self, raw_path: bytes, is_batch: bool) -> _Targets[P]:
        path = decode_path(raw_path, self._options.path_separator)
        paths = path.split(",") if is_batch else [path]
        _check_batch_size(len(paths), self._options)
        calls = tuple(
            CallTarget(index, path, self._find(path))
            for index, path in enumerate(paths)
        )
        targets = _Targets(calls, _get_shared_type(calls))
        if all(call.procedure is not None for call in calls):
            # Clients repeat the same few paths; combinations in batches are many, so this is bounded.
            if len(self._known) >= KNOWN_PATHS:
                self._known.clear()
            self._known[raw_path, is_batch] = targets
        return targets


def _check_batch_size(size: int, options: WireOptions) -> None:
    bound = options.limits.batch_size
    if bound is not None and size > bound:
        raise TRPCError("BAD_REQUEST", "Batch call exceeds maximum size")


def _get_shared_type(calls: tuple[CallTarget[P], ...]) -> WireType:
    kinds: list[WireType] = list(
        dict.fromkeys(
            call.procedure.kind for call in calls if call.procedure is not None
        )
    )
    if len(kinds) > 1:
        raise TRPCError(
            "BAD_REQUEST", f"Cannot mix procedure types in call: {', '.join(kinds)}"
        )
    return kinds[0] if kinds else "unknown"


def check_head(head: RequestHead[P], options: WireOptions) -> None:
    """Refuses what this endpoint does not offer.

    Raises:
        TRPCError: BAD_REQUEST.
    """
    if head.is_batch and not options.allow_batching:
        raise TRPCError("BAD_REQUEST", "Batching is not enabled on the server")
    if head.accept == "application/jsonl" and not head.is_batch:
        raise TRPCError(
            "BAD_REQUEST",
            "Streaming requests must be batched (you can do a batch of 1)",
        )


def find_target(
    call: CallTarget[P], method: str, head: RequestHead[P], options: WireOptions
) -> P:
    """The procedure of a call, if it exists and may be called this way.

    Raises:
        TRPCError: NOT_FOUND, METHOD_NOT_SUPPORTED or BAD_REQUEST.
    """
    procedure = call.procedure
    if procedure is None:
        raise TRPCError("NOT_FOUND", f'No procedure found on path "{call.path}"')
    if method not in get_methods(procedure.kind, options):
        kind = procedure.kind
        raise TRPCError(
            "METHOD_NOT_SUPPORTED",
            f'Unsupported {method}-request to {kind} procedure at path "{call.path}"',
        )
    if head.is_batch and procedure.kind == "subscription":
        raise TRPCError("BAD_REQUEST", "Cannot batch subscription calls")
    return procedure


def get_methods(kind: str, options: WireOptions) -> tuple[str, ...]:
    """The HTTP methods that a kind of procedure is called by."""
    return (METHODS_WITH_OVERRIDE if options.allow_method_override else METHODS)[kind]
