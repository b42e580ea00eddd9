"""The dev cluster as an object: start it, use it, stop it."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import shutil
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from fairlead.devcluster.authentication import Authenticator, StaticToken
from fairlead.devcluster.bootstrap import bootstrap
from fairlead.devcluster.builtins import register_builtins
from fairlead.devcluster.certificates import (
    copy_certificates,
    ensure_certificates,
    write_private,
)
from fairlead.devcluster.controllers import Controllers
from fairlead.devcluster.definitions import Definitions
from fairlead.devcluster.errors import DevClusterError
from fairlead.devcluster.execution import ExecHandler
from fairlead.devcluster.faults import Faults
from fairlead.devcluster.identity import MASTERS
from fairlead.devcluster.logstore import LogStore
from fairlead.devcluster.podlogs import PodLogs, previous_of
from fairlead.devcluster.rbac import Authorizer
from fairlead.devcluster.registry import Registry
from fairlead.devcluster.server import Application
from fairlead.devcluster.serving import Connection, Server, Settings
from fairlead.devcluster.state import Limits, State
from fairlead.devcluster.storage import Storage
from fairlead.devcluster.timekeeping import Clock

_CHECKPOINT_SECONDS = 5.0
_COMPACT_SECONDS = 60.0
_ADMIN = "admin"


class DevCluster:
    """An embedded Kubernetes-compatible API server for development and tests.

    Use it as an async context manager; it then runs in the current event loop and
    answers on `url` over TLS with its own certificate authority.

    Args:
        data_dir: Where objects, certificates and tokens are kept. A temporary folder
            when left out; it is deleted at the end.
        port: The port on 127.0.0.1; 0 picks a free one.
        tokens: Further users beside `admin`.
        hosts: Further names under which the server may be asked.
        limits: Bounds of sizes, times and histories.
        clock: The cluster's time, which a test can move. The machine's when left out.
        authority: A folder with the certificates of another cluster, to use the same.
        insecure: Plain HTTP where a request without credentials is the administrator's.
            For scripts on a machine of one's own; kubectl sends no credentials there.
        on_exec: What answers `exec` in a pod, instead of the echo shell: it reads and
            writes the session's streams and returns the exit code.
    """

    def __init__(  # noqa: PLR0913 - each is an independent setting with a default
        self,
        data_dir: Path | str | None = None,
        *,
        port: int = 0,
        tokens: Sequence[StaticToken] = (),
        hosts: Sequence[str] = (),
        limits: Limits | None = None,
        clock: Clock | None = None,
        insecure: bool = False,
        on_exec: ExecHandler | None = None,
        authority: Path | None = None,
    ) -> None:
        self._temporary = data_dir is None
        self.data_dir = (
            Path(tempfile.mkdtemp(prefix="fairlead-"))
            if data_dir is None
            else Path(data_dir)
        )
        self._wanted_port = port
        self._tokens = list(tokens)
        self._hosts = tuple(hosts)
        self._limits = limits or Limits()
        self.clock = clock or Clock()
        self._authority = authority
        self._insecure = insecure
        self._on_exec = on_exec
        self._state: State | None = None
        self._log_store: LogStore | None = None
        self._controllers: Controllers | None = None
        self._server: Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0
        self.admin_token = ""

    # life

    async def __aenter__(self) -> DevCluster:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Open the data, listen, and return when requests are answered."""
        if self._state is not None:
            raise DevClusterError(
                "this dev cluster is already running: close it, or make another"
            )
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._authority is not None:
            copy_certificates(self._authority, self.data_dir)
        ensure_certificates(self.data_dir, self._hosts)
        listener = _listen(self._wanted_port)
        self.port = listener.getsockname()[1]
        state = self._state = self._open()
        bootstrap(state)
        Definitions(state)
        self._controllers = Controllers(state)
        state.storage.listen(state.bell.ring)
        self.clock.listen(state.bell.ring_all)
        self._controllers.start()
        self._write_kubeconfig()
        await self._serve(state, listener)
        self._tasks.append(
            asyncio.create_task(self._maintain(), name="devcluster-maintenance")
        )

    def _open(self) -> State:
        self._log_store = LogStore(self.data_dir / "logs.db")
        storage = Storage(
            self.data_dir / "cluster.db",
            recent_events=self._limits.recent_events,
            steady=self.clock.steady,
            durable=not self._temporary,
        )
        registry = Registry()
        register_builtins(registry)
        self.admin_token = _read_secret(self.data_dir / "admin.token", 24)
        key = _read_secret(self.data_dir / "tokens.key", 32).encode()
        tokens = [StaticToken(_ADMIN, self.admin_token, (MASTERS,)), *self._tokens]
        return State(
            storage,
            registry,
            Authenticator(tokens, key, storage, self.clock),
            Authorizer(storage),
            self.clock,
            self._limits,
            logs=PodLogs(self._limits.log_lines, self._log_store),
            ca_pem=(self.data_dir / "ca.crt").read_text(),
            on_exec=self._on_exec,
        )

    async def _serve(self, state: State, listener: socket.socket) -> None:
        certificate = None if self._insecure else self.data_dir / "server.crt"
        config = Settings(
            Application(state, hosts=self._hosts, insecure=self._insecure),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=self._limits.body_bytes,
            http=Connection,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
            ssl_certfile=certificate,
            ssl_keyfile=None if self._insecure else self.data_dir / "server.key",
        )
        server = self._server = Server(config)
        task = asyncio.create_task(
            server.serve(sockets=[listener]), name="devcluster-server"
        )
        self._tasks.append(task)
        while not server.started:
            if task.done():
                await task
                raise DevClusterError(f"the server on port {self.port} did not start")
            await asyncio.sleep(0.001)

    async def aclose(self) -> None:
        """End watches cleanly, stop listening, write everything back."""
        state, server = self._state, self._server
        if state is None:
            return
        state.closing = True
        state.bell.ring_all()
        state.logs.wake_all()
        if server is not None:
            server.stop()
        for task in self._tasks:
            if task.get_name() != "devcluster-server":
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._controllers is not None:
            await self._controllers.aclose()
        state.storage.close()
        if self._log_store is not None:
            self._log_store.close()
        self._state = self._server = self._controllers = None
        if self._temporary:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    async def _maintain(self) -> None:
        """Write the log back and forget old history, now and then."""
        state = self._running
        since_compaction = 0.0
        while True:
            await asyncio.sleep(_CHECKPOINT_SECONDS)
            since_compaction += _CHECKPOINT_SECONDS
            await asyncio.to_thread(state.storage.checkpoint)
            if since_compaction >= _COMPACT_SECONDS:
                since_compaction = 0.0
                await self._forget_history()

    async def _forget_history(self) -> None:
        state, limits = self._running, self._running.limits
        target = state.storage.revision_before(
            limits.history_seconds, limits.history_revisions
        )
        if target > state.storage.compacted:
            await self._compact_to(target)

    async def _compact_to(self, revision: int) -> None:
        storage = self._running.storage
        storage.mark_compacted(revision)
        while storage.drop_compacted():  # noqa: ASYNC110 - requests come in between batches
            await asyncio.sleep(0)

    # what users have

    @property
    def _running(self) -> State:
        if self._state is None:
            raise DevClusterError(
                "this dev cluster is not running: use it inside `async with`"
            )
        return self._state

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"{'http' if self._insecure else 'https'}://127.0.0.1:{self.port}"

    @property
    def kubeconfig_path(self) -> Path:
        """The kubeconfig for kubectl and every other client; private to its owner."""
        return self.data_dir / "kubeconfig"

    @property
    def ca_path(self) -> Path:
        """The certificate authority of the server."""
        return self.data_dir / "ca.crt"

    @property
    def faults(self) -> Faults:
        """Failures on demand, for tests."""
        return self._running.faults

    @property
    def resource_version(self) -> int:
        """The version of the newest write."""
        return self._running.storage.revision

    async def compact(self) -> None:
        """Forget all history up to now: older versions then answer 410."""
        await self._compact_to(self._running.storage.revision)

    async def settle(self) -> None:
        """Return when the controllers have done what was due, and old history is gone."""
        if self._controllers is not None:
            await self._controllers.join()
        await self._forget_history()

    def cut_network(self) -> None:
        """Break every connection, and every new one until `heal_network`."""
        if self._server is not None:
            self._server.cut()

    def heal_network(self) -> None:
        """Take connections again."""
        if self._server is not None:
            self._server.heal()

    def append_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        text: str,
        *,
        previous: bool = False,
    ) -> None:
        """Add lines to a container's log, for `kubectl logs` (`--previous`)."""
        state = self._running
        key = (namespace, pod, container)
        key = previous_of(key) if previous else key
        state.logs.append(key, text, state.clock())

    def _write_kubeconfig(self) -> None:
        users = [
            (_ADMIN, self.admin_token),
            *((item.user, item.token) for item in self._tokens),
        ]
        cluster: dict[str, str] = {"server": self.url}
        if not self._insecure:
            cluster["certificate-authority-data"] = base64.b64encode(
                self.ca_path.read_bytes()
            ).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fairlead", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": token}} for name, token in users],
            "contexts": [
                {"name": name, "context": {"cluster": "fairlead", "user": name, "namespace": "default"}}
                for name, _ in users
            ],
            "current-context": _ADMIN,
        }  # fmt: skip
        # JSON is YAML, and needs no library to be written.
        write_private(
            self.kubeconfig_path, json.dumps(config, indent=2).encode() + b"\n"
        )


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio's own loop turns off Nagle's algorithm: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as exc:
        listener.close()
        raise DevClusterError(
            f"port {port} on 127.0.0.1 cannot be used ({exc.strerror}): choose another, or 0 for a free one"
        ) from exc
    listener.setblocking(False)
    return listener


def _read_secret(path: Path, size: int) -> str:
    """Return the secret in a file; the first start makes it."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(size).encode())
    return path.read_text().strip()
