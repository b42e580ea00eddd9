"""The cost of one LIST for one client."""

import json
import os
import pathlib
import socket
import sys
import time
from urllib.parse import quote

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from benchlib import (
    LOAD_CORE,
    RETRIES,
    busy_s,
    cpu_s,
    median,
    rss_mb,
    spread,
    wait_quiet,
)
from contenders import LIST_PATH, NODE, PEERS, PY, Peer
from running import Setup

LISTS = {  # name: (peer or None for the apiserver itself, URL path)
    "apiserver itself": (None, LIST_PATH),
    "Fairlead": (
        PEERS["Fairlead, ws"],
        "/trpc/runs.list?input=" + quote('{"namespace":"bench"}'),
    ),
    "P1 portal (fetch, parse, zod, stringify)": (
        PEERS["P1 portal (watch per subscriber)"],
        "/trpc/list?input=%7B%7D",
    ),
    "P2 tRPC from cache (stringify)": (PEERS["P2 tRPC shared watch, ws"], "/trpc/list"),
    "Node parse + stringify, no tRPC, no zod": (
        Peer(NODE, "list_floor.mjs", "{port}", "{upstream}"),
        "/parse",
    ),
    "Node byte pass-through": (
        Peer(NODE, "list_floor.mjs", "{port}", "{upstream}"),
        "/pipe",
    ),
    "Python json round trip (msgspec)": (
        Peer(PY, "list_floor.py", "{port}", "{upstream}"),
        "/parse",
    ),
    "Python byte pass-through": (
        Peer(PY, "list_floor.py", "{port}", "{upstream}"),
        "/pipe",
    ),
    "Python cached objects, joined": (
        Peer(PY, "list_floor.py", "{port}", "{upstream}"),
        "/join",
    ),
    "Python cached bytes": (
        Peer(PY, "list_floor.py", "{port}", "{upstream}"),
        "/bytes",
    ),
}


def get(port: int, path: str, buf: bytearray) -> tuple[float, float, int]:
    """One GET on a fresh connection into a reused buffer: seconds to the first byte and to the last, bytes."""
    t0, first, n = time.monotonic(), 0.0, 0
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        need, head = None, b""
        while need is None or n < need:
            k = s.recv_into(buf)
            if not k:
                break
            if not n:
                first = time.monotonic() - t0
            n += k
            if need is None:
                head += bytes(buf[:k])
                if b"\r\n\r\n" in head:
                    fields = head.split(b"\r\n\r\n")[0].lower()
                    size = fields.split(b"content-length:")
                    need = (
                        int(size[1].split(b"\r\n")[0]) + len(fields) + 4
                        if len(size) > 1
                        else 1 << 62
                    )
                    assert b" 200 " in head[:20], head[:300]
                elif len(head) > 65536:
                    raise RuntimeError("no response head")
    return first, time.monotonic() - t0, n


def lists(rounds: int, repeats: int, names: list[str], out: str):
    os.sched_setaffinity(0, {LOAD_CORE})
    rows: dict[str, dict] = {}
    buf = bytearray(1 << 20)
    for objects in (5000, 20000):
        for round_ in range(rounds):
            for name, (peer, path) in LISTS.items():
                if names and name not in names:
                    continue
                wait_quiet()
                with Setup(
                    name,
                    peer or Peer("sleep", "999", url="http://127.0.0.1:1"),
                    objects,
                ) as s:
                    port, pid = (s.port, s.pid) if peer else (s.up_port, s.upstream.pid)
                    get(port, path, buf)  # warm
                    for _ in range(repeats):
                        for attempt in range(RETRIES):
                            b0, c0, u0, t0 = (
                                busy_s(),
                                cpu_s(pid),
                                cpu_s(s.upstream.pid),
                                time.process_time(),
                            )
                            first, total, n = get(port, path, buf)
                            cpu, own = cpu_s(pid) - c0, time.process_time() - t0
                            up = cpu_s(s.upstream.pid) - u0 if peer else 0
                            foreign = busy_s() - b0 - cpu - up - own
                            if foreign < 0.1 * total + 0.03:
                                break
                            wait_quiet()
                        rows.setdefault(f"{objects}|{name}", []).append(
                            {
                                "first": first,
                                "total": total,
                                "bytes": n,
                                "cpu": cpu,
                                "upstream_cpu": up,
                                "foreign": foreign,
                                "peak_mb": rss_mb(pid, "VmHWM"),
                            }
                        )
                r = rows[f"{objects}|{name}"]
                print(
                    f"list {objects} round {round_ + 1} {name}: {median([x['total'] for x in r]) * 1e3:.1f} ms",
                    flush=True,
                )
                (HERE / "results" / f"{out}.json").write_text(
                    json.dumps(rows, indent=1)
                )
    text = [
        "| what | objects | MB | wall ms | first byte ms | server CPU ms | MB/s | RSS peak MB | spread |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for key, r in rows.items():
        objects, name = key.split("|")
        m = {k: median([x[k] for x in r]) for k in r[0]}
        cpu = sum(x["cpu"] for x in r) / len(
            r
        )  # 10 ms ticks: the mean resolves more than the median
        text.append(
            f"| {name} | {objects} | {m['bytes'] / 1e6:.1f} | {m['total'] * 1e3:.1f} | {m['first'] * 1e3:.1f} | {cpu * 1e3:.0f} | "
            f"{m['bytes'] / m['total'] / 1e6:,.0f} | {m['peak_mb']:.0f} | {spread([x['total'] for x in r]):.0%} |"
        )
    (HERE / "results" / f"{out}.md").write_text("\n".join(text) + "\n")
    print("\n".join(text))
