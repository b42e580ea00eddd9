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
import json
import sys
import uuid
from pathlib import Path

from wire_compare import diff, normalise
from wire_http import TIMEOUT, run_http
from wire_socket import run_ws

HERE = Path(__file__).resolve().parent


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
