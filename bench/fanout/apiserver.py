"""A fake kube-apiserver: LIST and WATCH of Tekton-like PipelineRuns over plain HTTP. Standard library only.

    python apiserver.py --port 8001 --objects 1000 --size 3000

  GET /apis/tekton.dev/v1/namespaces/bench/pipelineruns                              LIST (never pages)
  GET ...?watch=true&resourceVersion=N                                               WATCH, one JSON line in one chunk per event
  GET /stats                                                                         counters, as JSON
  port + 1 takes lines, each answered by one line: "rate R" (events/s), "emit N" (now), "stats"

Each MODIFIED event renews the resourceVersion, a status message and the annotation bench/at, whose value is
"~SEQ:NS~": the event's number and CLOCK_MONOTONIC in ns at the time it was made. '~' occurs nowhere else.
A slow watcher is never cut off: its bytes wait here.
"""

import argparse
import collections
import json
import select
import socket
import time
from urllib.parse import parse_qs, urlsplit

REFUSED = b'{"kind":"Status","code":422,"reason":"Invalid","message":"sendInitialEvents is forbidden"}'
PATH = "/apis/tekton.dev/v1/namespaces/bench/pipelineruns"


def pipeline_run(i: int, size: int) -> list[bytes]:
    """The JSON of one PipelineRun, cut where resourceVersion, bench/at and the status message go."""
    name = f"app-{i % 97}-build-main-{i:05d}"
    uid = f"{i:08x}-7c1d-4e0f-9a55-0123456789ab"
    obj = {
        "apiVersion": "tekton.dev/v1",
        "kind": "PipelineRun",
        "metadata": {
            "name": name,
            "namespace": "bench",
            "uid": uid,
            "resourceVersion": "@RV@",
            "generation": 1,
            "creationTimestamp": "2026-11-22T10:00:00Z",
            "annotations": {
                "bench/at": "@AT@",
                "chains.tekton.dev/signed": "true",
                "results.tekton.dev/record": f"bench/results/{uid}/records/{uid}",
            },
            "labels": {
                "app.edp.epam.com/codebase": f"app-{i % 97}",
                "app.edp.epam.com/codebasebranch": f"app-{i % 97}-main",
                "app.edp.epam.com/pipelinetype": "build",
                "tekton.dev/pipeline": "gitlab-go-app-build-default",
            },
            "managedFields": [
                {
                    "manager": m,
                    "operation": "Update",
                    "apiVersion": "tekton.dev/v1",
                    "time": "2026-11-22T10:00:00Z",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {
                        "f:metadata": {
                            "f:labels": {
                                ".": {},
                                "f:tekton.dev/pipeline": {},
                                "f:app.edp.epam.com/codebase": {},
                            }
                        },
                        "f:status": {
                            "f:conditions": {},
                            "f:childReferences": {},
                            "f:startTime": {},
                        },
                    },
                }
                for m in ("kubectl-create", "controller")
            ],
        },
        "spec": {
            "pipelineRef": {"name": "gitlab-go-app-build-default"},
            "params": [
                {"name": k, "value": v}
                for k, v in (
                    (
                        "git-source-url",
                        f"ssh://git@gitlab.local:22/team/app-{i % 97}.git",
                    ),
                    ("git-source-revision", "main"),
                    ("CODEBASE_NAME", f"app-{i % 97}"),
                    ("CODEBASEBRANCH_NAME", f"app-{i % 97}-main"),
                    ("TICKET_NAME_PATTERN", ""),
                )
            ],
            "taskRunTemplate": {
                "serviceAccountName": "tekton",
                "podTemplate": {"securityContext": {"fsGroup": 65532}},
            },
            "timeouts": {"pipeline": "1h0m0s"},
            "workspaces": [
                {
                    "name": "shared-workspace",
                    "volumeClaimTemplate": {
                        "spec": {
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": "5Gi"}},
                        }
                    },
                }
            ],
        },
        "status": {
            "startTime": "2026-11-22T10:00:01Z",
            "conditions": [
                {
                    "type": "Succeeded",
                    "status": "Unknown",
                    "reason": "Running",
                    "message": "@MSG@",
                    "lastTransitionTime": "2026-11-22T10:00:01Z",
                }
            ],
            "childReferences": [
                {
                    "apiVersion": "tekton.dev/v1",
                    "kind": "TaskRun",
                    "name": f"{name}-{t}",
                    "pipelineTaskName": t,
                }
                for t in ("fetch-repository", "get-version", "build", "sonar")
            ],
            "pipelineSpec": {"description": ""},
        },
    }
    text = json.dumps(obj, separators=(",", ":"))
    obj["status"]["pipelineSpec"]["description"] = "x" * max(0, size - len(text) - 30)
    rest = json.dumps(obj, separators=(",", ":"))
    parts = []
    for mark in ("@RV@", "@AT@", "@MSG@"):
        head, rest = rest.split(mark)
        parts.append(head.encode())
    return [*parts, rest.encode()]


class Conn:
    def __init__(self, sock):
        self.sock, self.inbuf, self.out = sock, b"", collections.deque()
        self.watch = self.ctl = self.armed = False


class Server:
    def __init__(self, a):
        self.parts = [pipeline_run(i, a.size) for i in range(a.objects)]
        self.rv = 1000
        self.objects = [self.render(i, 1000, b"~0:0~", 0) for i in range(a.objects)]
        self.list_cache, self.list_rv = b"", -1
        self.log: collections.deque = collections.deque(
            maxlen=4096
        )  # (rv, chunk), for watches that resume
        self.seq, self.rate, self.next_at = 0, 0.0, 0.0
        self.watches: dict[int, Conn] = {}
        self.conns: dict[int, Conn] = {}
        self.stats = {
            "connections": 0,
            "watches_opened": 0,
            "lists": 0,
            "max_watches": 0,
            "blocked_sends": 0,
        }
        self.ep = select.epoll()
        self.main, self.ctl = self.listen(a.port), self.listen(a.port + 1)

    def listen(self, port):
        s = socket.create_server(("127.0.0.1", port), backlog=4096)
        s.setblocking(False)
        self.ep.register(s.fileno(), select.EPOLLIN)
        return s

    def render(self, i, rv, at, seq):
        a, b, c, d = self.parts[i]
        return b"".join(
            (
                a,
                b"%d" % rv,
                b,
                at,
                c,
                b"Tasks Completed: %d (Failed: 0, Cancelled 0), Incomplete: 3, Skipped: 0"
                % (seq % 9),
                d,
            )
        )

    # -- events

    def emit(self):
        self.rv += 1
        self.seq += 1
        i = (self.seq * 7919) % len(self.parts)
        obj = self.render(
            i, self.rv, b"~%d:%d~" % (self.seq, time.monotonic_ns()), self.seq
        )
        self.objects[i] = obj
        line = b'{"type":"MODIFIED","object":' + obj + b"}\n"
        chunk = b"%x\r\n%b\r\n" % (len(line), line)
        self.log.append((self.rv, chunk))
        for conn in list(self.watches.values()):
            self.send(conn, chunk)

    def send(self, conn, data):
        if not conn.out:
            try:
                n = conn.sock.send(data)
            except BlockingIOError:
                n = 0
            except OSError:
                return self.close(conn)
            if n == len(data):
                return
            self.stats["blocked_sends"] += 1
            data = memoryview(data)[n:]
        conn.out.append(data)
        self.arm(conn)

    def arm(self, conn):
        if bool(conn.out) != conn.armed:
            conn.armed = not conn.armed
            self.ep.modify(
                conn.sock.fileno(),
                select.EPOLLIN | (select.EPOLLOUT if conn.armed else 0),
            )

    def flush(self, conn):
        try:
            while conn.out:
                n = conn.sock.send(conn.out[0])
                if n < len(conn.out[0]):
                    conn.out[0] = memoryview(conn.out[0])[n:]
                    break
                conn.out.popleft()
        except BlockingIOError:
            pass
        except OSError:
            return self.close(conn)
        self.arm(conn)

    # -- requests

    def list_body(self):
        if self.list_rv != self.rv:
            head = (
                b'{"kind":"PipelineRunList","apiVersion":"tekton.dev/v1","metadata":{"resourceVersion":"%d"},"items":['
                % self.rv
            )
            self.list_cache, self.list_rv = (
                head + b",".join(self.objects) + b"]}",
                self.rv,
            )
        return self.list_cache

    def reply(self, conn, body, status=b"200 OK"):
        self.send(
            conn,
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (status, len(body)),
        )
        self.send(conn, body)

    def request(self, conn, target):
        url = urlsplit(target)
        query = parse_qs(url.query)
        if url.path == "/stats":
            return self.reply(conn, self.stats_line())
        if url.path != PATH:
            return self.reply(conn, b'{"kind":"Status","code":404}', b"404 Not Found")
        if query.get("watch", ["false"])[0] not in ("true", "1"):
            self.stats["lists"] += 1
            return self.reply(conn, self.list_body())
        if "sendInitialEvents" in query:
            return self.reply(conn, REFUSED, b"422 Unprocessable Entity")
        self.stats["watches_opened"] += 1
        self.send(
            conn,
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        since = int(query.get("resourceVersion", ["0"])[0] or 0)
        if 0 < since < self.rv:
            if not self.log or self.log[0][0] > since + 1:
                line = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'
                return self.send(conn, b"%x\r\n%b\r\n0\r\n\r\n" % (len(line), line))
            for rv, chunk in self.log:
                if rv > since:
                    self.send(conn, chunk)
        conn.watch = True
        self.watches[conn.sock.fileno()] = conn
        self.stats["max_watches"] = max(self.stats["max_watches"], len(self.watches))

    def stats_line(self):
        return json.dumps(
            {
                **self.stats,
                "watches": len(self.watches),
                "seq": self.seq,
                "rv": self.rv,
                "backlog": sum(len(c.out) for c in self.watches.values()),
            }
        ).encode()

    def command(self, conn, line):
        word, _, arg = line.decode().partition(" ")
        if word == "rate":
            self.rate, self.next_at = float(arg), time.monotonic()
        elif word == "emit":
            for _ in range(int(arg)):
                self.emit()
            return  # no answer: the fast path of the load generator
        self.send(conn, self.stats_line() + b"\n")

    def readable(self, conn):
        try:
            data = conn.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.close(conn)
        conn.inbuf += data
        end = b"\n" if conn.ctl else b"\r\n\r\n"
        while end in conn.inbuf:
            head, conn.inbuf = conn.inbuf.split(end, 1)
            if conn.ctl:
                self.command(conn, head)
            else:
                self.request(conn, head.split(b" ", 2)[1].decode())

    def close(self, conn):
        fd = conn.sock.fileno()
        if fd >= 0:
            self.watches.pop(fd, None)
            self.conns.pop(fd, None)
            conn.sock.close()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conn = self.conns[sock.fileno()] = Conn(sock)
            conn.ctl = listener is self.ctl
            self.stats["connections"] += not conn.ctl
            self.ep.register(sock.fileno(), select.EPOLLIN)

    def run(self):
        listeners = {self.main.fileno(): self.main, self.ctl.fileno(): self.ctl}
        while True:
            timeout = max(0.0, self.next_at - time.monotonic()) if self.rate else 1.0
            for fd, event in self.ep.poll(timeout):
                if fd in listeners:
                    self.accept(listeners[fd])
                    continue
                conn = self.conns.get(fd)
                if conn and event & select.EPOLLOUT:
                    self.flush(conn)
                if conn and event & ~select.EPOLLOUT and conn.sock.fileno() >= 0:
                    self.readable(conn)
            if self.rate and time.monotonic() >= self.next_at:
                self.next_at = max(self.next_at + 1 / self.rate, time.monotonic() - 0.1)
                self.emit()


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--port", type=int, default=8001)
    ap.add_argument("--objects", type=int, default=1000)
    ap.add_argument("--size", type=int, default=3000, help="bytes of JSON per object")
    Server(ap.parse_args()).run()
