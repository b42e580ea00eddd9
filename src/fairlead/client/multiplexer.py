"""All calls and subscriptions of a client over one WebSocket, as a state machine without sockets.

    idle -> connecting -> open -> waiting to connect again -> connecting ...

The shell carries out commands and reports what becomes of connections, each known by a number.
A subscription lives on from connection to connection: it is sent again with the id of its last
event. A call does not, since nobody knows whether it was carried out.

On the server's reconnect message the next connection is opened while the old one still serves;
what can move, moves when the next is open, and the old one is closed when nothing is left on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fairlead.client.commands import (
    Command,
    Connect,
    ConnectionState,
    Disconnect,
    Ended,
    Event,
    Failed,
    Phase,
    Refused,
    Send,
    StateChanged,
)
from fairlead.client.errors import (
    ProtocolError,
    TransportError,
    is_retryable,
    make_error,
)
from fairlead.client.frames import (
    Answer,
    PendingRequest,
    ReconnectRequest,
    encode_call,
    encode_params,
    encode_stop,
    parse_messages,
)
from fairlead.client.options import ClientOptions
from fairlead.protocol.messages import CallKind
from fairlead.protocol.transformer import load_json

__all__ = ["Multiplexer"]


@dataclass(slots=True)
class Multiplexer:
    """See the module's description.

    Attributes:
        now: on the clock that all methods are given.
        chance: random from 0 to 1, for the jitter.
    """

    options: ClientOptions
    now: float
    chance: Callable[[], float]
    state: ConnectionState = field(init=False, default=ConnectionState("idle"))
    _requests: dict[int, PendingRequest] = field(
        init=False, default_factory=dict[int, PendingRequest]
    )
    _by_id: dict[int, PendingRequest] = field(
        init=False, default_factory=dict[int, PendingRequest]
    )
    _counter: int = field(init=False, default=0)
    _connections: int = field(init=False, default=0)
    _active: int | None = field(init=False, default=None)
    _opening: int | None = field(init=False, default=None)
    _retiring: set[int] = field(init=False, default_factory=set[int])
    _attempt: int = field(init=False, default=0)
    _retry_at: float | None = field(init=False, default=None)
    _accepted: bool = field(init=False, default=False)
    _heard: float = field(init=False, default=0.0)
    _pinged: float | None = field(init=False, default=None)
    _busy: float = field(init=False, default=0.0)

    # --- what the client wants

    def open(
        self,
        kind: CallKind,
        path: str,
        raw: bytes | None,
        now: float,
        last_event_id: str | None = None,
    ) -> tuple[int, list[Command]]:
        """Starts a call or a subscription; returns the key it is known by."""
        self._counter += 1
        request = PendingRequest(self._counter, kind, path, raw, last_event_id)
        self._requests[request.key] = request
        self._busy = now
        if self._active is not None:
            return request.key, [self._send(request, self._active)]
        return request.key, self._connect_if_idle()

    def stop(self, key: int, now: float) -> list[Command]:
        """Nobody waits for it any more."""
        request = self._requests.pop(key, None)
        if request is None:
            return []
        self._busy = now
        commands: list[Command] = []
        self._by_id.pop(request.id, None)
        connection = request.connection
        if connection is not None:
            # Calls can not be stopped: their answer will find nobody.
            if request.kind == "subscription":
                commands.append(Send(connection, encode_stop(request.id)))
            commands += self._disconnect_drained(connection)
        return commands

    def close(self) -> list[Command]:
        """The client is closed."""
        connections = {*self._retiring, self._active, self._opening} - {None}
        commands: list[Command] = [
            Disconnect(number) for number in connections if number is not None
        ]
        error = TransportError("the client was closed")
        commands += [Failed(key, error) for key in self._requests]
        self._requests.clear()
        self._by_id.clear()
        self._retiring.clear()
        self._active = self._opening = self._retry_at = None
        return [*commands, *self._change("closed")]

    # --- what becomes of connections

    def opened(
        self, number: int, now: float, params: Mapping[str, str] | None = None
    ) -> list[Command]:
        """A connection is there; `params` are sent first if they were announced."""
        if number != self._opening:
            return [Disconnect(number)]
        previous, self._active, self._opening = self._active, number, None
        self._heard = self._busy = now
        self._pinged = None
        commands: list[Command] = []
        if params is not None:
            commands.append(Send(number, encode_params(params)))
        for request in self._requests.values():
            if request.connection is None or request.kind == "subscription":
                self._by_id.pop(request.id, None)
                commands.append(self._send(request, number))
        if previous is not None:
            self._retiring.add(previous)
            commands += self._disconnect_drained(previous)
        return [*commands, *self._change("open")]

    def failed_to_open(
        self, number: int, error: Exception, now: float
    ) -> list[Command]:
        """A connection could not be opened, and another attempt may help."""
        if number != self._opening:
            return []
        self._opening = None
        return self._schedule(error, now)

    def rejected(
        self, number: int, error: Exception, now: float, *, final: bool = True
    ) -> list[Command]:
        """The server will not have the client: all that wait for a connection fail.

        Args:
            final: false for what a server that is stopping says too; a client that it had
                accepted before then tries again.
        """
        if number not in (self._opening, self._active):
            return []
        if self._accepted and not final:
            return self.failed_to_open(number, error, now)
        if number == self._opening:
            self._opening = None
        else:
            self._active = None
        commands = self._fail(
            [request for request in self._requests.values() if not self._runs(request)],
            error,
        )
        return [*commands, Disconnect(number), *self._change("idle", error)]

    def lost(self, number: int, error: Exception, now: float) -> list[Command]:
        """A connection that was open has ended."""
        if number in self._retiring:
            self._retiring.discard(number)
            return self._fail(self._get_calls_on(number), error)
        if number != self._active:
            return self.failed_to_open(number, error, now)
        self._active = None
        commands = self._fail(self._get_calls_on(number), error)
        for request in self._requests.values():
            if request.connection == number:
                request.connection = None
        if not self._requests:
            return [*commands, *self._change("idle")]
        if self._opening is not None:
            return [*commands, *self._change("connecting", error)]
        return [*commands, *self._schedule(error, now)]

    def received(self, number: int, text: str, now: float) -> list[Command]:
        """A text frame arrived."""
        if number == self._active:
            self._heard = now
            self._pinged = None
        if text == "PING":
            return [Send(number, "PONG")]
        if text == "PONG":
            return []
        try:
            messages = parse_messages(text)
        except ProtocolError as error:
            return [Disconnect(number), *self.lost(number, error, now)]
        commands: list[Command] = []
        for message in messages:
            if isinstance(message, ReconnectRequest):
                commands += self._replace(number)
            elif message.id is None:
                commands += self._receive_refusal(number, message, now)
            else:
                commands += self._receive_answer(message.id, message)
        return commands

    # --- time

    def get_deadline(self) -> float | None:
        """When to call `tick` next; None for never."""
        deadlines: list[float] = []
        if self._retry_at is not None:
            deadlines.append(self._retry_at)
        keep_alive = self.options.keep_alive
        if self._active is not None and keep_alive is not None:
            deadlines.append(
                self._heard + keep_alive.ping_seconds
                if self._pinged is None
                else self._pinged + keep_alive.pong_seconds
            )
        idle = self.options.idle_seconds
        if self._active is not None and idle is not None and not self._requests:
            deadlines.append(self._busy + idle)
        return min(deadlines, default=None)

    def tick(self, now: float) -> list[Command]:
        """Time has passed: connect again, ping, give up on a silent server, or be idle."""
        if self._retry_at is not None and now >= self._retry_at:
            self._retry_at = None
            if not self._requests and self._active is None:
                return self._change("idle")
            return self._connect_if_idle()
        active = self._active
        if active is None:
            return []
        idle = self.options.idle_seconds
        if idle is not None and not self._requests and now >= self._busy + idle:
            self._active = None
            return [Disconnect(active), *self._change("idle")]
        return self._keep_alive(active, now)

    def _keep_alive(self, active: int, now: float) -> list[Command]:
        policy = self.options.keep_alive
        if policy is None:
            return []
        if self._pinged is None:
            if now < self._heard + policy.ping_seconds:
                return []
            self._pinged = now
            return [Send(active, "PING")]
        if now < self._pinged + policy.pong_seconds:
            return []
        error = TransportError(
            f"the server sent nothing for {policy.pong_seconds:g} s after a PING"
        )
        return [Disconnect(active), *self.lost(active, error, now)]

    # --- inside

    def _send(self, request: PendingRequest, number: int) -> Send:
        self._counter += 1
        request.id = self._counter
        request.connection = number
        self._by_id[request.id] = request
        return Send(number, encode_call(request))

    def _connect_if_idle(self) -> list[Command]:
        if self._opening is not None or self._retry_at is not None:
            return []
        self._connections += 1
        self._opening = self._connections
        commands: list[Command] = [Connect(self._opening)]
        if self._active is None:
            commands += self._change("connecting", self.state.error)
        return commands

    def _replace(self, number: int) -> list[Command]:
        """The server asks for a new connection; this one serves until then."""
        if number != self._active:
            return []
        if self._requests:
            return self._connect_if_idle()
        self._active = None
        return [Disconnect(number), *self._change("idle")]

    def _schedule(self, error: Exception, now: float) -> list[Command]:
        policy = self.options.reconnect
        attempt, self._attempt = self._attempt, self._attempt + 1
        if policy.is_exhausted(attempt):
            self._attempt = 0
            waiting = [
                request
                for request in self._requests.values()
                if not self._runs(request)
            ]
            return [*self._fail(waiting, error), *self._change("idle", error)]
        self._retry_at = now + policy.get_delay(attempt, self.chance())
        if self._active is not None:
            return []
        return self._change("waiting", error)

    def _runs(self, request: PendingRequest) -> bool:
        """Is it on a connection that still serves?"""
        return request.connection is not None and (
            request.connection == self._active or request.connection in self._retiring
        )

    def _receive_refusal(
        self, number: int, answer: Answer, now: float
    ) -> list[Command]:
        """An error of the connection itself, such as a refused context."""
        error = make_error(load_json(answer.data or b"null"))
        if is_retryable(error) or number != self._active:
            return []  # the server closes the connection next
        return self.rejected(number, error, now)

    def _receive_answer(self, request_id: int, answer: Answer) -> list[Command]:
        request = self._by_id.get(request_id)
        if request is None:
            return []
        self._attempt = 0
        self._accepted = True
        key, connection = request.key, request.connection
        if answer.kind == "started":
            return []
        if answer.kind == "data" and request.kind == "subscription":
            if answer.event_id is not None:
                request.last_event_id = answer.event_id
            return [Event(key, answer.data, answer.event_id)]
        del self._requests[key], self._by_id[request_id]
        drained = [] if connection is None else self._disconnect_drained(connection)
        if answer.kind == "error":
            return [Refused(key, answer.data or b"null"), *drained]
        if answer.kind == "data":
            return [Event(key, answer.data, None), Ended(key), *drained]
        return [Ended(key), *drained]

    def _get_calls_on(self, number: int) -> list[PendingRequest]:
        return [
            request
            for request in self._requests.values()
            if request.connection == number and request.kind != "subscription"
        ]

    def _fail(self, requests: list[PendingRequest], error: Exception) -> list[Command]:
        for request in requests:
            self._requests.pop(request.key, None)
            self._by_id.pop(request.id, None)
        return [Failed(request.key, error) for request in requests]

    def _disconnect_drained(self, number: int) -> list[Command]:
        """Closes a connection that was replaced, once nothing is left on it."""
        if number not in self._retiring or self._get_calls_on(number):
            return []
        self._retiring.discard(number)
        return [Disconnect(number)]

    def _change(self, phase: Phase, error: Exception | None = None) -> list[Command]:
        state = ConnectionState(phase, error, self._attempt)
        if state == self.state:
            return []
        self.state = state
        return [StateChanged(state)]
