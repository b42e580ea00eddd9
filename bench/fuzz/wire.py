"""Coverage-guided fuzzing of the sans-IO layer with atheris.

    make fuzz EXECUTIONS=10000000

Any bytes must give a valid answer or a clean refusal; any other exception is a crash.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

import atheris

with atheris.instrument_imports(include=["fairlead.protocol"]):
    from fairlead.errors import TRPCError
    from fairlead.protocol.inputs import (
        BatchInputs,
        add_last_event_id,
        check_depth,
        clean_text,
        deserialize,
    )
    from fairlead.protocol.options import Limits, WireOptions
    from fairlead.protocol.requests import RequestParser, check_head, find_target
    from fairlead.protocol.superjson import SuperJson
    from fairlead.protocol.transformer import dump_json, load_json
    from fairlead.protocol.websocket import Send, StartCall, StopCall, WebSocketProtocol


@dataclass(frozen=True)
class Known:
    kind: Literal["query", "mutation", "subscription"]


PROCEDURES = {"a": Known("query"), "b.c": Known("mutation"), "d": Known("subscription")}
PLAIN = WireOptions(limits=Limits(batch_size=4, json_depth=8), path_separator="~")
SUPER = WireOptions(transformer=SuperJson())
PARSER = RequestParser(PROCEDURES.get, PLAIN)
METHODS = ("GET", "POST", "PUT", "HEAD")
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"content-type": "application/json"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "application/octet-stream"},
    {"trpc-accept": "application/jsonl", "last-event-id": "1"},
)


def fuzz_request(data: bytes) -> None:
    """An HTTP request: method, headers, path, query string."""
    method, headers = METHODS[data[0] % 4], HEADERS[data[1] % 5]
    path, _, query = data[2:].partition(b"?")
    try:
        head = PARSER.parse(method, path, query, headers)
        check_head(head, PLAIN)
        for call in head.calls:
            find_target(call, method, head, PLAIN)
    except TRPCError:
        return


def fuzz_inputs(data: bytes) -> None:
    """The raw inputs of a batch."""
    raw = clean_text(data[1:])
    try:
        check_depth(raw, PLAIN.limits)
        for index in range(3):
            found = BatchInputs(raw).get(index)
            if found is not None:
                add_last_event_id(found, "5")
                deserialize(found, SuperJson())
    except TRPCError:
        return


def fuzz_superjson(data: bytes) -> None:
    """A superjson payload, there and back."""
    superjson = SuperJson()
    try:
        value = superjson.deserialize(load_json(data))
        dump_json(superjson.serialize(value))
    except ValueError:
        return


def fuzz_socket(data: bytes) -> None:
    """The frames of one connection."""
    protocol = WebSocketProtocol(
        SUPER if data[0] & 1 else PLAIN, expects_params=bool(data[0] & 2)
    )
    protocol.open()
    if not data[0] & 2:
        protocol.context_ready(None)
    for now, frame in enumerate(data[1:].split(b"\0")):
        commands = protocol.receive_text(frame.decode("utf-8", "replace"), float(now))
        for command in commands:
            if isinstance(command, Send) and command.text != "PONG":
                load_json(command.text)
            elif isinstance(command, StartCall):
                load_json(protocol.encode_data(command.call, b"1", "id"))
                if command.call.kind != "subscription":
                    protocol.answered(command.call)
            elif isinstance(command, StopCall):
                protocol.finished(command.call)
        protocol.tick(float(now))


TARGETS = (fuzz_request, fuzz_inputs, fuzz_superjson, fuzz_socket)


def fuzz_one(data: bytes) -> None:
    """The first byte chooses what the rest is."""
    if len(data) > 3:
        TARGETS[data[0] % 4](data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()
