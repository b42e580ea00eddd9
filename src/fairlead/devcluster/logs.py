"""pods/log: the lines that an application appended, once or as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError, bad_request
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.podlogs import ContainerKey, Line, previous_of
from fairlead.devcluster.reads import find_record
from fairlead.devcluster.request import Request, parse_int
from fairlead.devcluster.responses import Response, Stream, answer
from fairlead.devcluster.state import State
from fairlead.devcluster.subresources import parse_time
from fairlead.devcluster.target import Target

_TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class LogOptions:
    """The parameters of a log request."""

    follow: bool
    timestamps: bool
    tail: int | None
    limit_bytes: int | None
    since: float | None


def answer_log(target: Target) -> Response | Stream:
    """Answer GET of a pod's log."""
    state, request = target.state, target.request
    record = find_record(target)
    body = record.decode()
    spec = body.get("spec") or NO_FIELDS
    options = _options(state, request, record.name)
    key = (record.namespace, record.name, choose_container(request, spec, record.name))
    if request.flag("previous"):
        if not state.logs.has(previous_of(key)):
            raise bad_request(
                f'previous terminated container "{key[2]}" in pod "{record.name}" not found'
            )
        key = previous_of(key)
    if not spec.get("nodeName") and not state.logs.has(key) and not options.follow:
        return Response(204, b"", _TEXT)
    if options.follow:
        return Stream(_follow(state, key, options), _TEXT)
    lines = "".join(_format(line, options) for line in _selected(state, key, options))
    data = lines.encode()
    return Response(200, data[: options.limit_bytes], _TEXT)


async def append_log(target: Target) -> Response:
    """Answer POST of a pod's log, which is this server's own: add lines of a container.

    With `timestamps=true` each line begins with its time; with `previous=true` they are
    of the instance before the container's last restart.
    """
    state, request = target.state, target.request
    record = find_record(target)
    spec = record.decode().get("spec") or NO_FIELDS
    key = (record.namespace, record.name, choose_container(request, spec, record.name))
    text = (await request.read_body()).decode(errors="replace").removesuffix("\n")
    now, stamped = state.clock(), request.flag("timestamps")
    lines: list[tuple[float, str]] = []
    for line in text.split("\n") if text else ():
        moment, _, rest = line.partition(" ") if stamped else ("", "", line)
        lines.append((parse_time(moment) if stamped else now, rest))
    state.logs.add(previous_of(key) if request.flag("previous") else key, lines)
    return answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)  # fmt: skip


def choose_container(request: Request, spec: JsonObject, pod: str) -> str:
    """Return the container that a request is about; 400 when that is not clear."""
    names: list[str] = []
    for field in ("initContainers", "containers", "ephemeralContainers"):
        names += [str(item.get("name")) for item in spec.get(field) or NO_ITEMS]
    wanted = request.param("container")
    if wanted:
        if wanted not in names:
            raise bad_request(f"container {wanted} is not valid for pod {pod}")
        return wanted
    if len(names) != 1:
        raise bad_request(
            f"a container name must be specified for pod {pod}, choose one of: [{' '.join(names)}]"
        )
    return names[0]


def _options(state: State, request: Request, pod: str) -> LogOptions:
    problems: list[FieldError] = []
    values: dict[str, int | None] = {}
    for name, least in (("tailLines", 0), ("limitBytes", 1), ("sinceSeconds", 1)):
        text = request.param(name)
        values[name] = value = parse_int(text) if text else None
        if value is not None and value < least:
            words = "greater than or equal to 0" if least == 0 else "greater than 0"
            problems.append(err.invalid_value(name, str(value), f"must be {words}"))
    since_time, since = request.param("sinceTime"), values["sinceSeconds"]
    if since_time and since is not None:
        problems.append(
            err.forbidden_field(
                "[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"
            )
        )
    if problems:
        raise err.invalid("", "PodLogOptions", pod, problems)
    start = parse_time(since_time) if since_time else None
    if since is not None:
        start = state.clock() - since
    return LogOptions(
        request.flag("follow"),
        request.flag("timestamps"),
        values["tailLines"],
        values["limitBytes"],
        start,
    )


def _selected(state: State, key: ContainerKey, options: LogOptions) -> list[Line]:
    if not state.logs.has(key):
        return []
    lines = [
        line
        for line in state.logs.get(key).lines
        if options.since is None or line.time >= options.since
    ]
    if options.tail is not None:
        lines = lines[-options.tail :] if options.tail else []
    return lines


def _format(line: Line, options: LogOptions) -> str:
    if not options.timestamps:
        return f"{line.text}\n"
    moment = datetime.fromtimestamp(line.time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}000Z {line.text}\n"


def follow_log(state: State, key: ContainerKey) -> AsyncGenerator[bytes, None]:
    """Return the lines that a container logs from now on, until its pod is gone."""
    return _follow(state, key, LogOptions(True, False, 0, None, None))


async def _follow(
    state: State, key: ContainerKey, options: LogOptions
) -> AsyncGenerator[bytes, None]:
    yield b""
    sent = 0
    log = state.logs.get(key)
    lines = _selected(state, key, options)
    position = log.next_number
    while True:
        for piece in _pieces(lines, options):
            if options.limit_bytes is not None:
                piece = piece[: options.limit_bytes - sent]  # noqa: PLW2901 - the piece that fits
            sent += len(piece)
            if piece:
                yield piece
            if options.limit_bytes is not None and sent >= options.limit_bytes:
                return
        if state.closing or not state.logs.has(key) or state.logs.get(key) is not log:
            return
        if log.next_number == position:
            await log.changed.wait()
        lines = [line for line in log.lines if line.number >= position]
        position = log.next_number


def _pieces(lines: list[Line], options: LogOptions) -> Iterator[bytes]:
    if lines:
        yield "".join(_format(line, options) for line in lines).encode()
