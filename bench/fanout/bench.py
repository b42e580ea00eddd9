"""Fan-out baselines: one Kubernetes watch, S subscribers. See README.md for what each part measures.

    bench.py soak                       [--subs 10000] [--minutes 10]
    bench.py fanout | storm | list      [--rounds N] [--peers "a;b"] [--subs 100,500] [--out NAME]

Server on SERVER_CORE; fake apiserver and load generator share LOAD_CORE. Every run starts all processes afresh.
Noise from other processes is measured and noisy runs repeated (see common/benchlib.py). Figures are medians over
rounds; server CPU per delivery is the figure that noise moves least.

A candidate joins through the environment (see README.md for what it must offer):
  CANDIDATE_CMD='python -m mine --port {port} --upstream {upstream}'
  CANDIDATE_URL=ws://127.0.0.1:9000/trpc (or http://... for SSE) + CANDIDATE_PID + UPSTREAM_PORT: already running
  CANDIDATE_PATH, CANDIDATE_SUB, CANDIDATE_QUERY, CANDIDATE_READY, CANDIDATE_SSE=1 change what is sent and awaited
"""

import argparse
import json
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import quote, urlsplit

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from benchlib import (
    FOREIGN,
    LOAD_CORE,
    PATIENCE,
    RETRIES,
    SERVER_CORE,
    busy_s,
    cpu_s,
    free_port,
    median,
    rss_mb,
    spawn,
    spread,
    stop,
    wait_port,
    wait_quiet,
)

NODE, PY = os.environ.get("NODE", "node"), str(HERE / ".venv" / "bin" / "python")
LIST_PATH = "/apis/tekton.dev/v1/namespaces/bench/pipelineruns"
SUB = '{"id":2,"method":"subscription","params":{"path":"watch","input":{"resourceVersion":"@RV@"}}}'
QUERY = '{"id":1,"method":"query","params":{"path":"list","input":{}}}'
SSE_PATH = "/trpc/watch?input=" + quote('{"resourceVersion":"@RV@"}')


class Peer:
    def __init__(
        self,
        *cmd,
        env=None,
        sse=False,
        path="/trpc",
        sub=SUB,
        query=QUERY,
        ready='"started"',
        url=None,
    ):
        self.cmd, self.env, self.sse, self.sub, self.query, self.url = (
            list(cmd),
            env or {},
            sse,
            sub,
            query,
            url,
        )
        self.path, self.ready = (
            (SSE_PATH, "connected") if sse and path == "/trpc" else (path, ready)
        )


# The subscription resumes from the version the cluster is at, as a client does that has listed before.
FAIRLEAD_SUB = (
    '{"id":2,"method":"subscription","params":{"path":"runs.watch","input":{"namespace":"bench"},'
    '"lastEventId":"@RV@"}}'
)
FAIRLEAD_QUERY = '{"id":1,"method":"query","params":{"path":"runs.list","input":{"namespace":"bench"}}}'
FAIRLEAD_SSE = (
    "/trpc/runs.watch?input=" + quote('{"namespace":"bench"}') + "&lastEventId=@RV@"
)
FAIRLEAD_PY = os.environ.get(
    "FAIRLEAD_PYTHON", str(HERE.parent.parent / ".venv" / "bin" / "python")
)
FAIRLEAD = (
    FAIRLEAD_PY,
    "fairlead_app.py",
    "--port",
    "{port}",
    "--upstream",
    "{upstream}",
)

PEERS = {
    "Fairlead, ws": Peer(*FAIRLEAD, sub=FAIRLEAD_SUB, query=FAIRLEAD_QUERY),
    # As its clients do: they list nothing, the subscription begins with all there is.
    "Fairlead by its watch, ws": Peer(
        *FAIRLEAD,
        sub=FAIRLEAD_SUB.replace(',"lastEventId":"@RV@"', ""),
        query="",
        ready='"type":"snapshot"',
    ),
    "Fairlead, SSE": Peer(*FAIRLEAD, sse=True, path=FAIRLEAD_SSE, ready="connected"),
    "P1 portal (watch per subscriber)": Peer(
        NODE, "p1_portal.mjs", "{port}", "{upstream}"
    ),
    "P1 with client-node 2": Peer(
        NODE,
        "p1_portal.mjs",
        "{port}",
        "{upstream}",
        env={"CLIENT_NODE": "client-node-2"},
    ),
    "P2 tRPC shared watch, ws": Peer(NODE, "p2_shared.mjs", "{port}", "{upstream}"),
    "P2 tRPC shared watch, SSE": Peer(
        NODE, "p2_shared.mjs", "{port}", "{upstream}", sse=True
    ),
    "Node ws, raw": Peer(NODE, "node_ws_raw.mjs", "{port}", "{upstream}"),
    "P3a uvicorn+websockets": Peer(
        PY, "p3_uvicorn.py", "{port}", "{upstream}", "websockets"
    ),
    "P3a uvicorn+websockets-sansio": Peer(
        PY, "p3_uvicorn.py", "{port}", "{upstream}", "websockets-sansio"
    ),
    "P3b websockets broadcast": Peer(PY, "p3_websockets.py", "{port}", "{upstream}"),
    "P3c picows": Peer(PY, "p3_picows.py", "{port}", "{upstream}"),
    "P3d raw uvloop": Peer(PY, "p3_raw.py", "{port}", "{upstream}"),
    "P3d raw asyncio": Peer(PY, "p3_raw.py", "{port}", "{upstream}", "asyncio"),
}
DEFAULT = {
    "fanout": [
        "Fairlead, ws",
        "Fairlead, SSE",
        "P1 portal (watch per subscriber)",
        "P2 tRPC shared watch, ws",
        "P2 tRPC shared watch, SSE",
        "Node ws, raw",
        "P3a uvicorn+websockets",
        "P3b websockets broadcast",
        "P3c picows",
        "P3d raw uvloop",
    ],
    "storm": [
        "Fairlead, ws",
        "Fairlead by its watch, ws",
        "P1 portal (watch per subscriber)",
        "P2 tRPC shared watch, ws",
        "Node ws, raw",
        "P3c picows",
        "P3d raw uvloop",
    ],
}
PHASES = "rate=1,warm=1,secs=8;rate=10,warm=1,secs=5;window=8,warm=1,secs=5"


def candidate() -> Peer | None:
    e = os.environ
    kw = {
        k.lower(): e["CANDIDATE_" + k]
        for k in ("PATH", "SUB", "QUERY", "READY")
        if "CANDIDATE_" + k in e
    }
    kw["sse"] = e.get("CANDIDATE_SSE") == "1"
    if cmd := e.get("CANDIDATE_CMD"):
        return Peer(*shlex.split(cmd), **kw)
    if url := e.get("CANDIDATE_URL"):
        u = urlsplit(url)
        if u.scheme in ("http", "https"):
            kw["sse"] = True
        kw.setdefault("path", u.path + ("?" + u.query if u.query else ""))
        return Peer(url=url, **kw)
    return None


class Setup:
    """The fake apiserver and one peer, started afresh, each pinned to its core."""

    def __init__(self, name: str, peer: Peer, objects: int):
        self.peer, self.objects, self.log = (
            peer,
            objects,
            HERE / "build" / (name.replace(" ", "_").replace("/", "_") + ".log"),
        )

    def __enter__(self):
        given = os.environ.get("UPSTREAM_PORT") if self.peer.url else None
        self.up_port = int(given or free_port())  # its control port is the next one
        self.upstream = spawn(
            [
                sys.executable,
                "apiserver.py",
                "--port",
                str(self.up_port),
                "--objects",
                str(self.objects),
            ],
            LOAD_CORE,
            HERE,
            self.log,
        )
        wait_port(self.up_port, self.upstream)
        self.proc = None
        if self.peer.url:
            self.port, self.pid = (
                urlsplit(self.peer.url).port,
                int(os.environ.get("CANDIDATE_PID", "0")),
            )
        else:
            self.port = free_port()
            fill = {
                "{port}": str(self.port),
                "{upstream}": f"http://127.0.0.1:{self.up_port}",
            }
            cmd = []
            for part in self.peer.cmd:
                for k, v in fill.items():
                    part = part.replace(k, v)
                cmd.append(part)
            self.proc = spawn(cmd, SERVER_CORE, HERE / "peers", self.log, self.peer.env)
            self.pid = self.proc.pid
            try:
                wait_port(self.port, self.proc)
            except RuntimeError:
                self.__exit__()
                raise
        time.sleep(0.7)
        return self

    def __exit__(self, *_):
        for p in (self.proc, self.upstream):
            if p:
                stop(p)

    def stats(self) -> dict:
        return json.loads(
            urllib.request.urlopen(f"http://127.0.0.1:{self.up_port}/stats").read()
        )

    def load(self, subs: int, phases: str, snapshot: bool) -> dict:
        before, p = self.stats(), self.peer
        rv = str(before["rv"])
        cmd = [
            "taskset",
            "-c",
            str(LOAD_CORE),
            str(HERE / "build" / "loadgen"),
            "--port",
            str(self.port),
            "--subs",
            str(subs),
            "--ctl",
            str(self.up_port + 1),
            "--phases",
            phases,
            "--path",
            p.path.replace("@RV@", rv).replace("%40RV%40", rv),
            "--sub",
            p.sub.replace("@RV@", rv),
            "--ready",
            p.ready,
            "--upstream",
            str(self.upstream.pid),
            "--pid",
            str(self.pid),
            "--foreign",
            str(FOREIGN),
            "--retries",
            str(RETRIES),
            "--patience",
            str(PATIENCE),
        ]
        if p.sse:
            cmd.append("--sse")
        elif snapshot and p.query:
            cmd += ["--query", p.query]
        done = subprocess.run(cmd, capture_output=True, text=True, timeout=3600)
        if done.returncode:
            raise RuntimeError(f"loadgen: {done.stderr[-500:]}")
        r = json.loads(done.stdout)
        after = self.stats()
        # P2 and P3 open theirs at start: count what is open under load plus what the load added
        r["upstream_watches"] = after["max_watches"]
        r["upstream_connections"] = (
            after["connections"] - before["connections"] - 1
        )  # less this stats call
        r["upstream_lists"] = after["lists"] - before["lists"]
        return r


def run(
    name: str, peer: Peer, subs: int, phases: str, objects: int, snapshot: bool
) -> dict:
    """One run; a disturbed start is repeated alone (the load generator itself repeats disturbed phases)."""
    result: dict = {}
    for _ in range(RETRIES + 1):
        wait_quiet()
        with Setup(name, peer, objects) as s:
            try:
                r = s.load(subs, "" if result else phases, snapshot)
            except (RuntimeError, subprocess.TimeoutExpired) as e:
                return result or {"error": str(e), "foreign": 0.0}
        if not result:
            result = r
        elif r["ready"]["foreign"] < result["ready"]["foreign"]:
            result["ready"] = r["ready"]
        if result["ready"]["foreign"] <= max(FOREIGN, 0.03 / result["ready"]["secs"]):
            break
    result["foreign"] = max(
        0.0,
        *(
            p["foreign"] - 0.03 / p["secs"]
            for p in [result["ready"], *result["phases"]]
        ),
    )  # less 3 clock ticks
    return result


def bottleneck(p: dict) -> str:
    server, load = p["server_cpu"] > 0.9, p["loadgen_cpu"] + p["upstream_cpu"] > 0.9
    return (
        "both cores"
        if server and load
        else "server"
        if server
        else "load core"
        if load
        else "none"
    )


def med(runs: list[dict], *keys):
    values = []
    for r in runs:
        for k in keys:
            r = (
                r[k]
                if not isinstance(r, list)
                else next((p for p in r if p["spec"].startswith(k)), None)
            )
            if r is None:
                break
        values.append(r)
    return median(values)


# ---- tables: each figure is the median over rounds ----


def fanout_table(rows: dict[tuple[str, int], list[dict]]) -> str:
    out = [
        "\n### Start-up, memory, upstream\n",
        "| peer | S | ready s | server CPU s | CPU µs per subscriber | RSS idle MB | KB per subscriber, started | after load | RSS peak MB | "
        "upstream watches |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (name, subs), runs in rows.items():
        ok = [r for r in runs if "error" not in r]
        if not ok:
            out.append(f"| {name} | {subs} | failed: {runs[-1]['error'][:80]} |")
            continue
        secs, cpu = (
            med(ok, "ready", "secs"),
            median([r["ready"]["secs"] * r["ready"]["server_cpu"] for r in ok]),
        )
        out.append(
            f"| {name} | {subs} | {secs:.2f} | {cpu:.2f} | {cpu / subs * 1e6:,.0f} | {med(ok, 'ready', 'rss_idle_kb') / 1024:.0f} | "
            f"{median([(r['ready']['rss_kb'] - r['ready']['rss_idle_kb']) / subs for r in ok]):.1f} | "
            f"{median([(r['rss_end_kb'] - r['ready']['rss_idle_kb']) / subs for r in ok]):.1f} | "
            f"{med(ok, 'rss_peak_kb') / 1024:.0f} | {med(ok, 'upstream_watches'):.0f} |"
        )
    for kind, title in (
        ("rate=1,", "1 event/s"),
        ("rate=10,", "10 events/s"),
        ("rate=100,", "100 events/s"),
        ("window", "saturating (closed loop)"),
    ):
        lines = []
        for (name, subs), runs in rows.items():
            ps = [
                p
                for r in runs
                if "error" not in r
                for p in r["phases"]
                if p["spec"].startswith(kind)
            ]
            if not ps:
                continue
            m = {
                k: median([p[k] for p in ps])
                for k in (
                    "deliveries_s",
                    "events_s",
                    "p50_ms",
                    "p99_ms",
                    "all_p50_ms",
                    "server_cpu",
                    "upstream_cpu",
                    "loadgen_cpu",
                    "missing",
                    "rss_kb",
                    "foreign",
                )
            }
            per = (
                m["server_cpu"] / m["deliveries_s"] * 1e6
                if m["deliveries_s"]
                else float("nan")
            )
            lines.append(
                f"| {name} | {subs} | {m['deliveries_s']:,.0f} | {m['events_s']:,.1f} | {m['p50_ms']:,.2f} | {m['p99_ms']:,.2f} | "
                f"{m['all_p50_ms']:,.2f} | {m['server_cpu']:.0%} | {per:.1f} | {m['upstream_cpu']:.0%} + {m['loadgen_cpu']:.0%} | "
                f"{m['rss_kb'] / 1024:.0f} | {m['missing']:.0f} | {bottleneck(m)} | {spread([p['deliveries_s'] for p in ps]):.0%} | {m['foreign']:.0%} |"
            )
        if lines:
            out += [
                f"\n### {title}\n",
                "| peer | S | deliveries/s | events/s | p50 ms | p99 ms | last subscriber p50 ms | server CPU | µs per delivery | "
                "upstream + loadgen CPU | RSS MB | missing | bottleneck | spread | foreign |",
                "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|",
                *lines,
            ]
    return "\n".join(out) + "\n"


def soak(name: str, peer: Peer, subs: int, minutes: int, out: str):
    """S idle subscribers held for some minutes: memory when all are there, and after each minute."""
    phases = ";".join(["rate=0,window=0,warm=0,secs=60"] * minutes)
    with Setup(name, peer, 100) as s:
        r = s.load(subs, phases, False)
    (HERE / "results" / f"{out}.json").write_text(json.dumps(r, indent=1))
    idle, started = r["ready"]["rss_idle_kb"], r["ready"]["rss_kb"]
    lines = [
        "| minute | RSS MB | KB per subscriber | server CPU |",
        "|---:|---:|---:|---:|",
        f"| 0 | {started / 1024:.1f} | {(started - idle) / subs:.1f} | |",
    ]
    for minute, p in enumerate(r["phases"], 1):
        lines.append(
            f"| {minute} | {p['rss_kb'] / 1024:.1f} | {(p['rss_kb'] - idle) / subs:.1f} | {p['server_cpu']:.1%} |"
        )
    text = f"{name}, {subs} idle subscribers, ready in {r['ready']['secs']:.1f} s\n\n"
    text += "\n".join(lines) + "\n"
    (HERE / "results" / f"{out}.md").write_text(text)
    print(text)


def storm_table(rows) -> str:
    out = [
        "| peer | S | all ready s | server CPU s | ms CPU per subscriber | MB received | MB/s | RSS peak MB | upstream lists | upstream watches | spread |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (name, subs), runs in rows.items():
        ok = [r for r in runs if "error" not in r]
        if not ok:
            out.append(f"| {name} | {subs} | failed: {runs[-1]['error'][:80]} |")
            continue
        secs, mb = med(ok, "ready", "secs"), med(ok, "ready", "rx_mb")
        cpu = median([r["ready"]["secs"] * r["ready"]["server_cpu"] for r in ok])
        out.append(
            f"| {name} | {subs} | {secs:.2f} | {cpu:.2f} | {cpu / subs * 1e3:.2f} | {mb:,.0f} | {mb / secs:,.0f} | "
            f"{med(ok, 'rss_peak_kb') / 1024:.0f} | {med(ok, 'upstream_lists'):.0f} | {med(ok, 'upstream_watches'):.0f} | "
            f"{spread([r['ready']['secs'] for r in ok]):.0%} |"
        )
    return "\n".join(out) + "\n"


# ---- the cost of one LIST for one client ----

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


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("part", choices=["fanout", "storm", "list", "soak"])
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--minutes", type=int, default=10, help="of soak")
    ap.add_argument("--peers", default="")
    ap.add_argument("--subs", default="")
    ap.add_argument("--phases", default=PHASES)
    ap.add_argument("--objects", type=int, default=0)
    ap.add_argument("--out", default="")
    ap.add_argument(
        "--report",
        action="store_true",
        help="only make the tables from results/OUT.json again",
    )
    ap.add_argument(
        "--resume",
        action="store_true",
        help="keep the quiet runs already in results/OUT.json, do the others",
    )
    a = ap.parse_args()
    for d in ("build", "results"):
        (HERE / d).mkdir(exist_ok=True)
    # Names hold commas: a semicolon, where there is one, sets them apart.
    names = [n for n in a.peers.split(";" if ";" in a.peers else ",") if n]
    if a.part == "list":
        return lists(a.rounds, 5, names, a.out or "list")
    if a.part == "soak":
        name = names[0] if names else "Fairlead, ws"
        return soak(
            name, PEERS[name], int(a.subs or 10_000), a.minutes, a.out or "soak"
        )
    peers = dict(PEERS)
    order = DEFAULT[a.part]
    if c := candidate():
        peers["candidate"] = c
        order = [*order, "candidate"]
    if names:  # a unique part of a name will do
        order = [next(p for p in peers if n == p or n in p) for n in names]
    subs = [
        int(s)
        for s in (
            a.subs or {"fanout": "100,500,1000,2000", "storm": "100,500,1000"}[a.part]
        ).split(",")
    ]
    storm = a.part == "storm"
    rows: dict[tuple[str, int], list[dict]] = {}
    out = a.out or a.part
    old = HERE / "results" / f"{out}.json"
    if a.report:
        a.rounds, order = 0, [*order, *peers]
        rows = {
            (k.rsplit("|", 1)[0], int(k.rsplit("|", 1)[1])): v
            for k, v in json.loads(old.read_text()).items()
        }
    if a.resume and old.exists():
        for key, runs in json.loads(old.read_text()).items():
            name, s = key.rsplit("|", 1)
            rows[name, int(s)] = [
                r
                for r in runs
                if "error" not in r
                and all(
                    p["foreign"] <= max(1.5 * FOREIGN, 0.05 / p["secs"])
                    for p in [r["ready"], *r["phases"]]
                )
            ]
    for i in range(a.rounds):
        for name in order:
            for s in subs:
                if len(rows.get((name, s), [])) > i:
                    continue
                t0 = time.monotonic()
                r = run(
                    name,
                    peers[name],
                    s,
                    "" if storm else a.phases,
                    a.objects or (100 if storm else 1000),
                    storm,
                )
                rows.setdefault((name, s), []).append(r)
                told = r.get("error") or f"ready {r['ready']['secs']:.2f} s" + "".join(
                    f", {p['spec'].split(',')[0]}: {p['deliveries_s']:,.0f}/s p50 {p['p50_ms']:.1f} ms"
                    for p in r["phases"]
                )
                print(
                    f"round {i + 1} {name} S={s}: {told} [foreign {r['foreign']:.1%}, {time.monotonic() - t0:.0f} s]",
                    flush=True,
                )
                ordered = {
                    k: rows[k]
                    for k in sorted(rows, key=lambda k: (order.index(k[0]), k[1]))
                }
                (HERE / "results" / f"{out}.json").write_text(
                    json.dumps(
                        {f"{k[0]}|{k[1]}": v for k, v in ordered.items()}, indent=1
                    )
                )
    ordered = {
        k: rows[k] for k in sorted(rows, key=lambda k: (order.index(k[0]), k[1]))
    }
    text = storm_table(ordered) if storm else fanout_table(ordered)
    (HERE / "results" / f"{out}.md").write_text(text)
    print(text)


main()
