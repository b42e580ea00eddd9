"""Who is measured, and what each is asked."""

import os
import pathlib
import shlex
from urllib.parse import quote, urlsplit

HERE = pathlib.Path(__file__).resolve().parent
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
