"""Streamed bodies, as the runner sees them: server-sent events and JSON lines."""

import httpx
from wire_json import parse_or_keep


async def lines_of(response):
    """Lines of a streamed body, as they come; the last may lack its newline."""
    rest = ""
    try:
        async for text in response.aiter_text():
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                yield line.removesuffix("\r")
    except (httpx.RemoteProtocolError, httpx.ReadError):
        pass  # cut off: what came before still counts
    if rest:
        yield rest


async def read_sse(response, case):
    """Parse like an EventSource; an event without a data line is marked, for browsers drop it."""
    events, pings, fields = [], False, {}
    async for line in lines_of(response):
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in fields:
                value = fields["data"] + "\n" + value
            fields[name] = value
            continue
        if fields.get("event") == "ping":
            pings = True
        elif fields:
            fields["data"] = (
                parse_or_keep(fields["data"]) if "data" in fields else "<no data line>"
            )
            events.append(fields)
        fields = {}
        if len(events) == case.get("stop_after"):
            break
    seen = {"events": events}
    if case.get("pings"):
        seen["pings"] = pings
    return seen


async def read_jsonl(response, case):
    lines, pings = [], False
    async for line in lines_of(response):
        pings = pings or line.startswith(" ")
        if line.strip():
            lines.append(parse_or_keep(line))
        if len(lines) == case.get("stop_after"):
            break
    seen = resolve_jsonl(lines, case)
    if case.get("pings"):
        seen["pings"] = pings
    return seen


def resolve_jsonl(lines, case):
    """Fold chunks into one tree per call, so that chunk numbering does not matter."""
    head, chunks, order, problems = lines[0] if lines else None, {}, [], []
    paths = {}  # chunk id -> where the value it settles belongs

    def unwrap(line):
        if isinstance(line, dict) and "json" in line:
            return line["json"], line.get("meta")
        return line, None

    def announce(encoded, path):
        for key, _, chunk_id in encoded[1:]:
            paths[chunk_id] = path if key is None else f"{path}.{key}"

    def resolve(encoded):
        if not encoded[0]:
            return "<undefined>"
        value = encoded[0][0]
        for key, kind, chunk_id in encoded[1:]:
            node = settle(kind, chunk_id)
            if key is None:
                return node
            value[key] = node
        return value

    def settle(kind, chunk_id):
        node = []
        for status, payload, meta in chunks.pop(chunk_id, []):
            failed = status == (1 if kind == 0 else 2)
            step = {
                ("error" if failed else f"status{status}"): payload
                if failed
                else resolve(payload)
            }
            if meta:
                step["meta"] = meta
            node.append(step)
        return {("$promise" if kind == 0 else "$iterable"): node}

    try:
        head, meta = unwrap(head)
        for key, encoded in head.items():
            announce(encoded, key)
        for line in lines[1:]:
            (chunk_id, status, payload), meta = unwrap(line)
            if chunk_id not in paths:
                problems.append(f"chunk {chunk_id} came before it was announced")
            is_error = isinstance(payload, dict)
            if not is_error:
                announce(payload, paths.get(chunk_id, "?"))
            order.append(paths.get(chunk_id, "?"))
            chunks.setdefault(chunk_id, []).append((status, payload, meta))
        calls = {key: resolve(encoded) for key, encoded in head.items()}
    except (TypeError, ValueError, AttributeError, KeyError, IndexError) as error:
        return {"malformed": lines, "why": repr(error)}
    seen = {"calls": calls, "problems": problems}
    wrapped = sum(isinstance(line, dict) and "json" in line for line in lines)
    if wrapped:  # by superjson, which must wrap every line
        seen["wrapped"] = (
            "every line"
            if wrapped == len(lines)
            else f"{wrapped} of {len(lines)} lines"
        )
    if chunks:
        seen["orphans"] = sorted(chunks)
    if case.get("ordered"):
        seen["order"] = [path for path in order if path.endswith("result.data")]
    return seen
