"""One run: the fake API server and one contender, each on its core, and the load on them."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from benchlib import (
    FOREIGN,
    LOAD_CORE,
    PATIENCE,
    RETRIES,
    SERVER_CORE,
    free_port,
    spawn,
    stop,
    wait_port,
    wait_quiet,
)
from contenders import Peer


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

    def load(
        self, subs: int, phases: str, snapshot: bool, foreign: float = FOREIGN
    ) -> dict:
        """What the load generator measured; phases in which others took over `foreign` cores are repeated."""
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
            str(foreign),
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
