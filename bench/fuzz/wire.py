"""Coverage-guided fuzzing of the sans-IO layer with atheris: one target per process.

    make fuzz EXECUTIONS=10000000             all targets, the executions shared among them
    bench/fuzz/run.sh 1000000 socket          one of them

Any bytes must give a valid answer or a clean refusal; any other exception is a crash. Nothing
here needs an event loop, and only `fairlead.protocol` is instrumented.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import atheris

with atheris.instrument_imports(include=["fairlead.protocol"]):
    from fairlead._missing import MISSING
    from fairlead.errors import TRPCError
    from fairlead.protocol.envelopes import encode_error
    from fairlead.protocol.forms import parse_form
    from fairlead.protocol.frames import FrameError, FrameReader
    from fairlead.protocol.inputs import (
        BatchInputs,
        add_last_event_id,
        check_depth,
        clean_text,
        deserialize,
    )
    from fairlead.protocol.jsonl import JsonlEncoder
    from fairlead.protocol.options import Limits, WireOptions
    from fairlead.protocol.requests import (
        RequestParser,
        check_head,
        find_target,
        get_last_event_id,
    )
    from fairlead.protocol.shapes import make_shape
    from fairlead.protocol.superjson import SuperJson
    from fairlead.protocol.transformer import dump_json, load_json
    from fairlead.protocol.urls import resolve_dots
    from fairlead.protocol.websocket import Send, StartCall, StopCall, WebSocketProtocol


@dataclass(frozen=True)
class Known:
    kind: Literal["query", "mutation", "subscription"]


PROCEDURES = {"a": Known("query"), "b.c": Known("mutation"), "d": Known("subscription")}
LIMITS = Limits(batch_size=4, json_depth=8, message_bytes=400)
PLAIN = WireOptions(limits=LIMITS, path_separator="~")
SUPER = WireOptions(limits=LIMITS, transformer=SuperJson())
PARSER = RequestParser(PROCEDURES.get, PLAIN)
METHODS = ("GET", "POST", "PUT", "HEAD")
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"content-type": "application/json"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "application/octet-stream"},
    {"trpc-accept": "application/jsonl", "last-event-id": "1"},
)
FRAMES = 6
"""So many frames are read of one input: more of them teach nothing new."""


def refuse(error: TRPCError) -> None:
    """A refusal must be sendable."""
    load_json(encode_error(make_shape(error, "a"), None))


def fuzz_request(data: bytes) -> None:
    """An HTTP request: method, headers, path, query string, and the input in it."""
    method, headers = METHODS[data[0] % 4], HEADERS[data[1] % 5]
    path, _, query = data[2:].partition(b"?")
    path = resolve_dots(b"/" + path)
    assert resolve_dots(path) == path
    try:
        head = PARSER.parse(method, path, query, headers)
        check_head(head, PLAIN)
        get_last_event_id(headers, head.query)
        inputs = BatchInputs(clean_text(head.query.get("input", b"")) or None)
        for call in head.calls:
            find_target(call, method, head, PLAIN)
            inputs.get(call.index)
    except TRPCError as error:
        refuse(error)


def fuzz_inputs(data: bytes) -> None:
    """The raw inputs of a batch."""
    raw = clean_text(data)
    try:
        check_depth(raw, LIMITS)
        inputs = BatchInputs(raw)
        for index in range(3):
            found = inputs.get(index)
            if found is not None:
                add_last_event_id(found, "5")
                deserialize(found, SuperJson())
    except TRPCError as error:
        refuse(error)


def fuzz_superjson(data: bytes) -> None:
    """A superjson payload, there and back: what was sent once must be readable again."""
    superjson = SuperJson()
    try:
        value = superjson.deserialize(load_json(data))
        sent = superjson.serialize(value)
    except ValueError:
        return
    superjson.deserialize(load_json(dump_json(sent)))
    lines, chunks = JsonlEncoder(1, superjson).encode_value(0, value)
    assert not chunks
    for line in lines.splitlines():
        load_json(line)


def fuzz_socket(data: bytes) -> None:
    """The text and binary frames of one connection."""
    flags = data[0]
    protocol = WebSocketProtocol(
        SUPER if flags & 1 else PLAIN, expects_params=bool(flags & 2)
    )
    protocol.open()
    if not flags & 6:
        protocol.context_ready(None)
    for now, frame in enumerate(data[1:].split(b"\0", FRAMES)[:FRAMES]):
        commands = (
            protocol.receive_bytes(now)
            if frame[:1] == b"\xff"
            else protocol.receive_text(frame.decode("utf-8", "replace"), now)
        )
        for command in commands:
            carry_out(protocol, command)
        protocol.tick(now)
    if flags & 4:
        for command in protocol.context_ready(None):
            carry_out(protocol, command)
    protocol.closed()


def carry_out(protocol: WebSocketProtocol, command: object) -> None:
    """What the shell does, as far as it shows in frames."""
    if isinstance(command, Send) and command.text not in ("PING", "PONG"):
        load_json(command.text)
    elif isinstance(command, StartCall):
        load_json(command.call.head + protocol.encode_tail(b"1", "id"))
        load_json(b"".join(protocol.encode_pieces(command.call, b"1")))
        if command.call.kind != "subscription":
            protocol.answered(command.call)
    elif isinstance(command, StopCall):
        for said in protocol.finished(command.call):
            carry_out(protocol, said)


def fuzz_frames(data: bytes) -> None:
    """WebSocket frames, arriving in pieces: cut anywhere, they hold the same messages."""
    cut = data[0] % len(data)
    whole, pieces = (
        read_frames(data[1:]),
        read_frames(data[1:cut], data[cut:] if cut else data[1:]),
    )
    assert whole == pieces, (whole, pieces)


def read_frames(*parts: bytes) -> list[object]:
    """What arrived, and how it ended."""
    reader = FrameReader(300)
    found: list[object] = []
    try:
        for part in parts:
            found += [(each.opcode, each.data) for each in reader.feed(part)]
    except FrameError as error:
        return [error.code]
    return found


def fuzz_jsonl(data: bytes) -> None:
    """Any JSON as the result of a streamed call: each line can be read, and nothing is streamed."""
    try:
        value = load_json(data)
    except ValueError:
        return
    encoder = JsonlEncoder(2)
    load_json(encoder.encode_head())
    lines, _ = encoder.encode_value(0, value)
    more, _ = encoder.settle(9, MISSING)
    for line in (lines + more + encoder.encode_json(1, dump_json(value))).splitlines():
        load_json(line)


def fuzz_forms(data: bytes) -> None:
    """A multipart form."""
    try:
        form = parse_form(data, "multipart/form-data; boundary=x", 3)
    except TRPCError as error:
        refuse(error)
        return
    assert len(form.entries) <= 3


TARGETS: dict[str, Callable[[bytes], None]] = {
    "request": fuzz_request,
    "inputs": fuzz_inputs,
    "superjson": fuzz_superjson,
    "socket": fuzz_socket,
    "frames": fuzz_frames,
    "jsonl": fuzz_jsonl,
    "forms": fuzz_forms,
}
SEEDS: dict[str, tuple[bytes, ...]] = {
    "request": (
        b"\0\0a,b.c?batch=1&input=%7B%220%22%3A1%7D",
        b"\x01\x01/b.c/?connectionParams=%7B%22k%22%3A%22v%22%7D",
        b"\0\x04d?lastEventId=5&Last-Event-Id=+",
    ),
    "inputs": (b'{"0":{"json":1},"1":null}', b'[[[[[[[[[1]]]]]]]]]', b'\xef\xbb\xbf{"0":{}}'),
    "superjson": tuple(
        b'{"json":%b,"meta":{"values":%b,"v":1}}' % pair
        for pair in (
            (b'{"a":"1","b":["NaN"]}', b'{"a":["bigint"],"b.0":["number"]}'),
            (b'[["k","1970-01-01T00:00:00.000Z"]]', b'["map",{"0.1":["Date"]}]'),
            (b'["x",null,"/a+/gi",[1,255]]', b'{"1":["undefined"],"2":["regexp"],"3":[["typed-array","Uint8Array"]]}'),
            (b'{"a":{},"b":null}', b'{},"referentialEqualities":{"a":["b"]}'),
            (b'[["x"],{"name":"E","message":"m"},"http://a"]', b'{"0":["set"],"1":["Error"],"2":["URL"]}'),
        )
    ),
    "socket": (
        b'\0{"id":1,"jsonrpc":"2.0","method":"query","params":{"path":"a","input":{"json":1}}}',
        b'\x01[{"id":"x","method":"subscription","params":{"path":"d","lastEventId":"4","input":null}}]'
        b'\0{"id":"x","method":"subscription.stop"}',
        b'\x02{"method":"connectionParams","data":{"k":"v"}}\0PING\0PONG\0\xff',
        b'\x04{"id":1.5,"method":"mutation","params":{"path":"b.c"}}\0{"id":null,"method":"query"}',
    ),
    "frames": (
        b"\x05\x81\x83\0\0\0\0abc\x89\x80\0\0\0\0",
        b"\x09\x01\x81\0\0\0\0a\x80\x81\x01\x02\x03\x04b\x88\x82\0\0\0\0\x03\xe8",
        b"\x03\x82\xfe\0\x80\x01\x01\x01\x01" + b"z" * 128,
    ),
    "forms": (
        b'--x\r\nContent-Disposition: form-data; name="a%22"; filename="b"\r\nContent-Type: text/plain\r\n\r\nv\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\naGk\r\n--x--',
    ),
    "jsonl": (b'{"a":[1,null,"\xe2\x9c\x93"],"b":{"c":1e3}}',),
}  # fmt: skip
WORDS = [
    "application/jsonl",
    "batch=1",
    "input=",
    "connectionParams=",
    "lastEventId",
    "%7B",
    "%22",
    "json",
    "meta",
    "values",
    "referentialEqualities",
    "undefined",
    "bigint",
    "Date",
    "number",
    "map",
    "set",
    "regexp",
    "URL",
    "Error",
    "typed-array",
    "Uint8Array",
    "__proto__",
    "constructor",
    "method",
    "params",
    "path",
    "subscription",
    "subscription.stop",
    "query",
    "mutation",
    "jsonrpc",
    "2.0",
    "id",
    "connectionParams",
    "data",
    "null",
    "true",
    "NaN",
    "Infinity",
    "1e999",
    "-0",
    "\\\\ud800",
    "%2e%2e",
    "form-data; name=",
    "filename=",
    "--x",
    "base64",
]


def make_one(name: str) -> Callable[[bytes], None]:
    """The target, for inputs that have a first byte to read."""
    target = TARGETS[name]

    def fuzz_one(data: bytes) -> None:
        if len(data) > 3:
            target(data)

    return fuzz_one


def prepare(name: str, corpus: Path) -> Path:
    """Writes the seeds and the dictionary; returns the dictionary."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = corpus.parent / "words.dict"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    return words


def main() -> None:
    """`wire.py TARGET CORPUS [libFuzzer's options]`."""
    program, name, corpus, *rest = sys.argv
    words = prepare(name, Path(corpus))
    logging.disable(logging.CRITICAL)
    options = ["-max_len=600", f"-dict={words}", "-print_final_stats=1", *rest]
    atheris.Setup([program, *options, corpus], make_one(name))
    gc.collect()
    gc.freeze()  # what was imported is never garbage: a third of the time went into asking
    atheris.Fuzz()


if __name__ == "__main__":
    main()
