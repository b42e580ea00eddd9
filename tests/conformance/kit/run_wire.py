#!/usr/bin/env python3
"""Wire-level conformance runner: send each case to two servers and diff what comes back.

    run_wire.py --reference URL --candidate URL     compare two live servers
    run_wire.py --reference URL --record DIR        save the reference's answers
    run_wire.py --golden DIR --candidate URL        compare with saved answers

A case file holds a JSON list of cases. An HTTP case:

    {"name": "...", "tags": [...], "http": {
       "method": "GET",               default GET
       "path": "/trpc/math.add",      sent exactly as written, no re-encoding
       "batch": true,                 adds batch=1 to the query string
       "input": {"a": 1},             GET: JSON in ?input=...; else the JSON body
       "params": {"k": "v"},          further query parameters (plain strings)
       "headers": {"x-user": "ada"},  content-type: application/json is added to a non-GET
                                      request that names none; null leaves it out
       "body": "text" | "body_base64": "..." | "body_repeat": ["x", 70000] (a long JSON string)
       "form": [["field", "text"], ["file", {"filename": "a.txt", "type": "text/plain", "text": "hi"}]]
     },
     "stop_after": 3,                 streams: hang up after this many events or lines
     "pings": true,                   streams: also compare whether any ping was seen
     "ordered": true,                 JSONL: also compare the order in which calls settled;
                                      WebSocket: compare frames across ids, in order
     "alone": true,                   ask the two servers one after the other, not at once
     "ignore": ["message"]}           parts not compared: message, headers

A WebSocket case has "ws" in place of "http":

    {"ws": {"path": "/trpc?connectionParams=1", "headers": {...}, "steps": [
       {"send": {...}},               send this as one JSON text frame
       {"text": "PING"}, {"binary": "base64"},
       {"expect": 2},                 wait for 2 more frames (PINGs from the server do not count)
       {"expect_ping": true},         wait for a PING
       {"expect_close": true},        wait for the server to close
       {"sleep": 50}]}}               milliseconds

"{{uid}}" anywhere in a case becomes a token that is fresh for every request run.
"""

import argparse
import asyncio
import base64
import json
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

import httpx
import websockets

HERE = Path(__file__).resolve().parent
TIMEOUT = 8.0
SETTLE = 0.08  # wait this long for WebSocket frames nobody expects
TOKEN_HEADERS = {"vary", "allow", "cache-control"}
PLAIN_HEADERS = {"content-type", "x-accel-buffering", "set-cookie"}


# --- HTTP ------------------------------------------------------------------------------------


def encode_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def request_target(spec):
    query = ["batch=1"] if spec.get("batch") else []
    if "input" in spec and spec.get("method", "GET") == "GET":
        query.append("input=" + quote(encode_json(spec["input"]), safe="-_.!~*'()"))
    query += [f"{k}={quote(v, safe='')}" for k, v in spec.get("params", {}).items()]
    if not query:
        return spec["path"]
    return spec["path"] + ("&" if "?" in spec["path"] else "?") + "&".join(query)


def request_body(spec):
    """The body's bytes, and the content-type it implies."""
    if "form" in spec:
        return encode_form(spec["form"])
    if "body" in spec:
        return spec["body"].encode(), "application/json"
    if "body_base64" in spec:
        return base64.b64decode(spec["body_base64"]), "application/json"
    if "body_repeat" in spec:
        text, times = spec["body_repeat"]
        return encode_json(text * times).encode(), "application/json"
    if "input" in spec and spec.get("method", "GET") != "GET":
        return encode_json(spec["input"]).encode(), "application/json"
    return b"", "application/json"


def encode_form(fields):
    boundary = "conformance-kit-boundary"
    out = b""
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, dict):
            head += f'; filename="{value["filename"]}"\r\nContent-Type: {value["type"]}'
            value = value["text"]
        out += head.encode() + b"\r\n\r\n" + value.encode() + b"\r\n"
    return (
        out + f"--{boundary}--\r\n".encode(),
        f"multipart/form-data; boundary={boundary}",
    )


async def run_http(base, case):
    spec = case["http"]
    method = spec.get("method", "GET")
    body, content_type = request_body(spec)
    headers = {k.lower(): v for k, v in spec.get("headers", {}).items()}
    if method not in ("GET", "HEAD"):
        headers.setdefault("content-type", content_type)
    headers = {k: v for k, v in headers.items() if v is not None}
    target = request_target(spec).encode()
    async with httpx.AsyncClient(timeout=TIMEOUT, verify=False) as client:
        request = client.build_request(
            method,
            base,
            headers=headers,
            content=body or None,
            extensions={"target": target},
        )
        response = await client.send(request, stream=True)
        try:
            return await observe_response(response, case)
        finally:
            await response.aclose()


async def observe_response(response, case):
    media = response.headers.get("content-type", "").split(";")[0].strip().lower()
    asked_for = (
        response.request.headers.get("trpc-accept", "")
        + response.request.headers["accept"]
    )
    seen = {"status": response.status_code, "headers": pick_headers(response.headers)}
    if media == "text/event-stream":
        seen["sse"] = await read_sse(response, case)
    elif "application/jsonl" in asked_for and response.status_code < 300:
        seen["jsonl"] = await read_jsonl(response, case)
    else:
        text = (await response.aread()).decode()
        try:
            seen["json"] = json.loads(text)
        except ValueError:
            seen["text"] = text
        # tRPC labels some JSON error bodies text/plain; application/json is as good
        if "json" in seen and media == "text/plain":
            seen["headers"]["content-type"] = "application/json"
    return seen


def pick_headers(headers):
    picked = {}
    for name in sorted(set(headers.keys())):
        values = headers.get_list(name)
        if name == "content-type":
            picked[name] = values[0].split(";")[0].strip().lower()
        elif name in TOKEN_HEADERS:
            tokens = {t.strip().lower() for v in values for t in v.split(",")}
            picked[name] = ", ".join(sorted(tokens))
        elif name in PLAIN_HEADERS or name.startswith("x-kit-"):
            picked[name] = sorted(values)
    return picked


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


def parse_or_keep(text):
    try:
        return json.loads(text)
    except ValueError:
        return {"unparsed": text}


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


# --- WebSocket -------------------------------------------------------------------------------


async def run_ws(base, case):
    spec = case["ws"]
    frames, state = [], {"pings": 0, "closed": False}
    news = asyncio.Condition()

    async def reader(socket):
        try:
            async for frame in socket:
                async with news:
                    if frame == "PING":
                        state["pings"] += 1
                    else:
                        frames.append(
                            parse_or_keep(frame)
                            if isinstance(frame, str)
                            else {"binary": len(frame)}
                        )
                    news.notify_all()
        except websockets.ConnectionClosed:
            pass
        async with news:
            state["closed"] = True
            news.notify_all()

    async def until(predicate):
        async with news:
            try:
                await asyncio.wait_for(news.wait_for(predicate), TIMEOUT / 2)
            except asyncio.TimeoutError:
                pass  # what is missing shows in the comparison

    url = "ws" + base.removeprefix("http") + spec["path"]
    async with websockets.connect(
        url, additional_headers=spec.get("headers"), ping_interval=None, close_timeout=1
    ) as socket:
        task, wanted = asyncio.create_task(reader(socket)), 0
        for step in spec["steps"]:
            if "send" in step:
                await socket.send(encode_json(step["send"]))
            elif "text" in step:
                await socket.send(step["text"])
            elif "binary" in step:
                await socket.send(base64.b64decode(step["binary"]))
            elif "expect" in step:
                wanted += step["expect"]
                await until(lambda: len(frames) >= wanted or state["closed"])
            elif "expect_ping" in step:
                await until(lambda: state["pings"] or state["closed"])
            elif "expect_close" in step:
                await until(lambda: state["closed"])
            elif "sleep" in step:
                await asyncio.sleep(step["sleep"] / 1000)
        await asyncio.sleep(SETTLE)
        closed = state["closed"]
    task.cancel()
    return {
        "ws": frames if case.get("ordered") else by_id(frames),
        "closed by server": closed,
        **({"pings": bool(state["pings"])} if case.get("pings") else {}),
    }


def by_id(frames):
    """Only the order of frames with one id is part of the contract."""
    groups = {}
    for frame in frames:
        key = (
            json.dumps(frame.get("id", "<none>"))
            if isinstance(frame, dict)
            else "<not an object>"
        )
        groups.setdefault(key, []).append(frame)
    return groups


# --- normalising and comparing ---------------------------------------------------------------


def normalise(value, ignore):
    """Drop what may differ: stacks, validation messages, and what the case ignores."""
    if isinstance(value, list):
        return [normalise(item, ignore) for item in value]
    if not isinstance(value, dict):
        return value
    value = {k: normalise(v, ignore) for k, v in value.items()}
    data = value.get("data")
    if isinstance(data, dict) and "httpStatus" in data and "message" in value:
        data.pop("stack", None)
        if data.get("validation") is True:
            value["message"] = "<validation message>"
        elif "message" in ignore:
            value["message"] = "<ignored>"
    return value


def diff(want, got, path=""):
    """Yield one line for each difference."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want | got:
            where = f"{path}.{key}" if path else key
            if key not in got:
                yield f"{where}: missing, want {show(want[key])}"
            elif key not in want:
                yield f"{where}: unexpected {show(got[key])}"
            else:
                yield from diff(want[key], got[key], where)
    elif isinstance(want, list) and isinstance(got, list):
        for index, (w, g) in enumerate(zip(want, got)):
            yield from diff(w, g, f"{path}[{index}]")
        if len(want) != len(got):
            longer = (want if len(want) > len(got) else got)[min(len(want), len(got))]
            yield f"{path}: want {len(want)} items, got {len(got)}; first odd one {show(longer)}"
    elif want != got or isinstance(want, bool) != isinstance(got, bool):
        yield f"{path}: want {show(want)}, got {show(got)}"


def show(value):
    text = encode_json(value)
    return text if len(text) < 160 else text[:160] + "..."


# --- running ---------------------------------------------------------------------------------


def load_cases(root):
    for file in sorted(Path(root).rglob("*.json")):
        for case in json.loads(file.read_text()):
            yield file.relative_to(root), case


async def observe(base, case):
    case = json.loads(json.dumps(case).replace("{{uid}}", uuid.uuid4().hex))
    try:
        seen = await asyncio.wait_for(
            (run_http if "http" in case else run_ws)(base, case), 2 * TIMEOUT
        )
    except (
        Exception
    ) as error:  # a case that cannot run is a failed case, whatever went wrong
        return {"failed to run": f"{type(error).__name__}: {error}"}
    ignore = case.get("ignore", [])
    if "headers" in ignore:
        seen.pop("headers", None)
    return normalise(seen, ignore)


async def main(args):
    cases = [
        (file, case)
        for file, case in load_cases(args.cases)
        if args.filter in f"{file.with_suffix('')}/{case['name']}"
        and not set(case.get("tags", [])) & set(args.skip_tag)
    ]
    recorded, passed, failed = {}, 0, 0
    for file, case in cases:
        label = f"{file.with_suffix('')}/{case['name']}"
        if args.record:
            seen = await observe(args.reference, case)
            recorded.setdefault(file, {})[case["name"]] = seen
            problems = [seen["failed to run"]] if "failed to run" in seen else []
        else:
            want = asyncio.create_task(expected(args, file, case))
            if case.get("alone"):
                await want
            got = await observe(args.candidate, case)
            want = await want
            problems = list(diff(want, got))
            for who, seen in (("candidate", got), ("reference", want)):
                if "failed to run" in seen:
                    problems = [f"no answer from the {who}: {seen['failed to run']}"]
        if problems:
            failed += 1
            more = (
                f"  (+{len(problems) - 2} more)"
                if len(problems) > 2 and not args.verbose
                else ""
            )
            shown = problems if args.verbose else problems[:2]
            print(f"FAIL {label}: " + "; ".join(shown) + more, flush=True)
        else:
            passed += 1
    for file, answers in recorded.items():
        target = Path(args.record) / file
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            f"{json.dumps(name)}: {json.dumps(seen, ensure_ascii=False)}"
            for name, seen in answers.items()
        ]
        target.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not cases else 0


async def expected(args, file, case):
    if args.reference:
        return await observe(args.reference, case)
    golden = Path(args.golden) / file
    answers = json.loads(golden.read_text()) if golden.exists() else {}
    return answers.get(case["name"], {"failed to run": "not recorded"})


def parse_args():
    parser = argparse.ArgumentParser(
        description="tRPC wire conformance; see the top of this file"
    )
    parser.add_argument(
        "--reference", help="base URL of the reference, e.g. http://127.0.0.1:4100"
    )
    parser.add_argument("--candidate", help="base URL of the server under test")
    parser.add_argument(
        "--golden", help="folder of recorded answers, instead of --reference"
    )
    parser.add_argument(
        "--record", help="folder to record the reference's answers into"
    )
    parser.add_argument("--cases", default=HERE / "cases", help="folder of case files")
    parser.add_argument(
        "--filter", default="", help="run only cases whose FILE/NAME contains this"
    )
    parser.add_argument(
        "--skip-tag", action="append", default=[], help="leave out cases with this tag"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="print every difference"
    )
    args = parser.parse_args()
    if args.record and not args.reference:
        parser.error("--record needs --reference")
    if args.record and (args.filter or args.skip_tag):
        parser.error(
            "--record saves whole files, so it takes no --filter or --skip-tag"
        )
    if not args.record and not (args.candidate and (args.reference or args.golden)):
        parser.error("give --candidate, and --reference or --golden")
    for name in ("reference", "candidate"):
        setattr(args, name, (getattr(args, name) or "").rstrip("/") or None)
    return args


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parse_args())))
