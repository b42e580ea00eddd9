"""One HTTP case: what is sent, and what is seen of the answer."""

import base64
import json
from urllib.parse import quote

import httpx
from wire_json import encode_json
from wire_streams import read_jsonl, read_sse

TIMEOUT = 8.0
TOKEN_HEADERS = {"vary", "allow", "cache-control"}
PLAIN_HEADERS = {"content-type", "x-accel-buffering", "set-cookie"}


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
