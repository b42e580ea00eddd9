"""One tRPC WebSocket connection as a state machine: frames in, commands out, no sockets.

    waiting for params -> creating the context -> ready (or refused) -> closed

The shell carries out commands and reports back: the context it made, what calls answered, how
time passes. Calls that arrive before the context is there are kept and started when it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from fairlead.errors import TRPCError
from fairlead.protocol.commands import (
    Close,
    Command,
    CreateContext,
    Send,
    StartCall,
    StopCall,
)
from fairlead.protocol.envelopes import encode_value
from fairlead.protocol.messages import (
    CallMessage,
    OversizedBatchError,
    RequestId,
    StopMessage,
    make_head,
    parse_frame,
    parse_params_frame,
)
from fairlead.protocol.options import WireOptions, WireType
from fairlead.protocol.requests import parse_connection_params
from fairlead.protocol.shapes import get_shape
from fairlead.protocol.transformer import dump_json

if TYPE_CHECKING:
    from fairlead.context import Context

__all__ = [
    "RECONNECT",
    "Close",
    "Command",
    "CreateContext",
    "Send",
    "StartCall",
    "StopCall",
    "WebSocketProtocol",
]

REFUSAL_GRACE = 0.02
"""Clients send their first calls right behind the connection params, so those that a refused
connection still brings are answered with the refusal: an error, and no reason to try again."""
RECONNECT = '{"id":null,"method":"reconnect"}'
_NO_ID = make_head(None, jsonrpc=False)


class _State(Enum):
    PARAMS = auto()
    CONTEXT = auto()
    READY = auto()
    REFUSED = auto()
    CLOSED = auto()


@dataclass(slots=True)
class WebSocketProtocol:
    """See the module's description.

    Attributes:
        expects_params: the URL said `connectionParams=1`: they are the first message.
        now: when the connection opened, on the clock that `tick` is given.
    """

    options: WireOptions
    expects_params: bool = False
    now: float = 0.0
    _state: _State = field(init=False, default=_State.PARAMS)
    _context: Context | None = field(init=False, default=None)
    _refusal: TRPCError | None = field(init=False, default=None)
    # Most connections never have any of the first two: thousands of them share the empty ones.
    _pending: tuple[CallMessage, ...] = field(init=False, default=())
    _stopped: frozenset[RequestId] = field(init=False, default=frozenset())
    _subscriptions: dict[RequestId, CallMessage] = field(
        init=False, default_factory=dict["RequestId", CallMessage]
    )
    _calls: int = field(init=False, default=0)
    _heard: float = field(init=False, default=0.0)
    _pinged: float | None = field(init=False, default=None)
    _busy_until: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._heard = self._busy_until = self.now

    @property
    def is_closed(self) -> bool:
        """Has the connection ended, or been told to?"""
        return self._state is _State.CLOSED

    @property
    def subscription_count(self) -> int:
        """Subscriptions that are open."""
        return len(self._subscriptions)

    def open(self) -> list[Command]:
        """The connection was accepted."""
        if self.expects_params:
            return []
        self._state = _State.CONTEXT
        return [CreateContext(None)]

    # --- what arrives

    def receive_text(self, text: str, now: float) -> list[Command]:
        """A text frame."""
        self._heard = self._busy_until = now
        self._pinged = None
        if text == "PONG" or self._state is _State.CLOSED:
            return []
        if text == "PING":
            return [Send("PONG")]
        bound = self.options.limits.message_bytes
        if bound is not None and len(text) > bound:
            error = TRPCError(
                "PAYLOAD_TOO_LARGE",
                f"The message has {len(text)} characters, more than {bound}",
            )
            return [self._refuse(error)]
        if self._state is _State.PARAMS:
            return self._receive_params(text)
        return self._receive_messages(text)

    def receive_bytes(self, now: float) -> list[Command]:
        """A binary frame: tRPC's JSON travels in text frames only."""
        self._heard = self._busy_until = now
        self._pinged = None
        if self._state is _State.CLOSED:
            return []
        if self._state is _State.PARAMS:
            return self.context_failed(
                TRPCError("PARSE_ERROR", "Malformed TRPCConnectionParamsMessage")
            )
        return [
            self._refuse(
                TRPCError(
                    "PARSE_ERROR", "Binary frames carry no JSON: send text frames"
                )
            )
        ]

    def _receive_params(self, text: str) -> list[Command]:
        try:
            params = parse_connection_params(parse_params_frame(text))
        except TRPCError as error:
            return self.context_failed(error)
        self._state = _State.CONTEXT
        return [CreateContext(params)]

    def _receive_messages(self, text: str) -> list[Command]:
        try:
            messages = parse_frame(text, self.options)
        except OversizedBatchError as error:
            return [self._refuse(error, head) for head in error.heads]
        except TRPCError as error:
            return [self._refuse(error)]
        commands: list[Command] = []
        for message in messages:
            commands += self._receive_message(message)
        return commands

    def _receive_message(self, message: CallMessage | StopMessage) -> list[Command]:
        if message.id is None:
            return [
                self._refuse(TRPCError("PARSE_ERROR", "`id` is required"), message.head)
            ]
        if isinstance(message, StopMessage):
            return self._stop(message.id)
        refusal = self._refusal or self._admit(message)
        if refusal is not None:
            return [Send(self.encode_error(message, refusal))]
        if self._state is _State.CONTEXT:
            self._pending += (message,)
            return []
        return [StartCall(message)]

    def _admit(self, call: CallMessage) -> TRPCError | None:
        """Counts a call in, or says why not."""
        limits = self.options.limits
        if call.kind != "subscription":
            bound = limits.calls_per_connection
            if bound is not None and self._calls >= bound:
                return TRPCError(
                    "TOO_MANY_REQUESTS",
                    f"{bound} calls are running on this connection: wait for one to end",
                )
            self._calls += 1
            return None
        if call.id in self._subscriptions:
            return TRPCError("BAD_REQUEST", f"Duplicate id {call.id}")
        bound = limits.subscriptions_per_connection
        if bound is not None and len(self._subscriptions) >= bound:
            return TRPCError(
                "TOO_MANY_REQUESTS",
                f"This connection has {bound} subscriptions, the most it may have: stop one",
            )
        self._subscriptions[call.id] = call
        return None

    def _stop(self, request_id: RequestId) -> list[Command]:
        call = self._subscriptions.get(request_id)
        if call is None or request_id in self._stopped:
            return []
        self._stopped |= {request_id}
        if call in self._pending:
            return []  # it is reported stopped when the context is there
        return [StopCall(call)]

    # --- what the shell reports

    def context_ready(self, context: Context | None) -> list[Command]:
        """The context was made: calls may run."""
        if self._state in (_State.REFUSED, _State.CLOSED):
            return []
        self._state = _State.READY
        self._context = context
        pending, self._pending = self._pending, ()
        commands: list[Command] = []
        for call in pending:
            if call.kind == "subscription" and call.id in self._stopped:
                commands += self.finished(call)
            else:
                commands.append(StartCall(call))
        return commands

    def context_failed(self, error: TRPCError) -> list[Command]:
        """The context was refused: say so, to each call as well, and close."""
        if self._state in (_State.REFUSED, _State.CLOSED):
            return []
        commands: list[Command] = [self._refuse(error)]
        commands += [Send(self.encode_error(call, error)) for call in self._pending]
        commands.append(Close(1008, "the context was refused", REFUSAL_GRACE))
        self.closed()
        self._state, self._refusal = _State.REFUSED, error
        return commands

    def answered(self, call: CallMessage) -> None:
        """A query or mutation has been answered."""
        del call
        self._calls -= 1

    def finished(self, call: CallMessage) -> list[Command]:
        """A subscription that had been started has ended, by itself, by an error or by a stop."""
        self._forget(call)
        return (
            []
            if self.is_closed
            else [Send(self._encode(call, b'"result":{"type":"stopped"}}'))]
        )

    def failed_to_start(self, call: CallMessage, error: TRPCError) -> list[Command]:
        """A subscription never started: its error is all there is to say."""
        self._forget(call)
        return [] if self.is_closed else [Send(self.encode_error(call, error))]

    def _forget(self, call: CallMessage) -> None:
        self._subscriptions.pop(call.id, None)
        if self._stopped:
            self._stopped -= {call.id}

    def closed(self) -> list[CallMessage]:
        """The connection is gone; returns the subscriptions to cancel."""
        self._state = _State.CLOSED
        self._pending = ()
        running = list(self._subscriptions.values())
        self._subscriptions = {}
        return running

    # --- time

    def get_deadline(self) -> float | None:
        """When to call `tick` next; None for never."""
        deadlines: list[float] = []
        keep_alive = self.options.keep_alive
        if keep_alive is not None:
            since = (
                self._heard + keep_alive.ping_seconds
                if self._pinged is None
                else self._pinged + keep_alive.pong_seconds
            )
            deadlines.append(since)
        idle = self.options.limits.idle_seconds
        if idle is not None:
            deadlines.append(self._busy_until + idle)
        return min(deadlines, default=None)

    def tick(self, now: float) -> list[Command]:
        """Time has passed: ping, or give up on a silent or idle client."""
        if self._state is _State.CLOSED:
            return []
        if self._subscriptions or self._calls:
            self._busy_until = now
        idle = self.options.limits.idle_seconds
        if idle is not None and now >= self._busy_until + idle:
            return self._give_up(f"idle for {idle:g} s")
        keep_alive = self.options.keep_alive
        if keep_alive is None:
            return []
        if self._pinged is not None:
            late = now >= self._pinged + keep_alive.pong_seconds
            return self._give_up("no answer to PING") if late else []
        if now >= self._heard + keep_alive.ping_seconds:
            self._pinged = now
            return [Send("PING")]
        return []

    def _give_up(self, reason: str) -> list[Command]:
        self.closed()
        return [Close(1001, reason)]

    # --- answers

    def encode_started(self, call: CallMessage) -> str:
        """A subscription runs."""
        return self._encode(call, b'"result":{"type":"started"}}')

    @staticmethod
    def encode_tail(data: bytes | None, event_id: str | None = None) -> bytes:
        """An event without the call's head: what many subscribers' messages have in common."""
        if event_id is not None:
            return b'"result":{"type":"data","data":%b,"id":%b}}' % (
                data or b"null",
                dump_json(event_id),
            )
        if data is None:
            return b'"result":{"type":"data"}}'
        return b'"result":{"type":"data","data":%b}}' % data

    @staticmethod
    def encode_pieces(call: CallMessage, data: bytes | None) -> tuple[bytes, ...]:
        """A result whose data may be long, as it stands in the message: copied by nobody."""
        if data is None:
            return (call.head, b'"result":{"type":"data"}}')
        return (call.head + b'"result":{"type":"data","data":', data, b"}}")

    def encode_error(self, call: CallMessage, error: TRPCError) -> str:
        """An error of one call."""
        return self._encode_error(call.head, error, call.path, call.kind)

    def _refuse(self, error: TRPCError, head: bytes = _NO_ID) -> Send:
        return Send(self._encode_error(head, error, None, "unknown"))

    def _encode_error(
        self, head: bytes, error: TRPCError, path: str | None, type_: WireType
    ) -> str:
        shape = get_shape(
            self.options, error, path=path, type_=type_, context=self._context
        )
        encoded = encode_value(shape, self.options.transformer) or b"null"
        return (b'%b"error":%b}' % (head, encoded)).decode()

    @staticmethod
    def _encode(call: CallMessage, rest: bytes) -> str:
        return (call.head + rest).decode()
