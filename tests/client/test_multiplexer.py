"""The WebSocket's state machine against a simulated server and every order of faults."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead import TRPCError
from fairlead.client import ClientOptions, Reconnect, TransportError
from fairlead.client.commands import (
    Command,
    Connect,
    Disconnect,
    Ended,
    Event,
    Failed,
    Refused,
    Send,
    StateChanged,
)
from fairlead.client.multiplexer import Multiplexer
from fairlead.protocol import KeepAlive

OPTIONS = ClientOptions(
    keep_alive=KeepAlive(ping_seconds=10, pong_seconds=5),
    idle_seconds=60,
    reconnect=Reconnect(initial=1, maximum=4),
)
LOST = TransportError("gone")


def make_machine(options: ClientOptions = OPTIONS) -> Multiplexer:
    return Multiplexer(options, 0.0, lambda: 1.0)


def get_frames(commands: list[Command]) -> list[dict[str, object]]:
    return [json.loads(item.text) for item in commands if isinstance(item, Send)]


def get_id(commands: list[Command]) -> int:
    found = get_frames(commands)[-1]["id"]
    assert isinstance(found, int)
    return found


def make_event(request_id: int, data: object, event_id: str | None = None) -> str:
    result: dict[str, object] = {"type": "data", "data": data}
    if event_id is not None:
        result |= {"id": event_id, "data": {"id": event_id, "data": data}}
    return json.dumps({"id": request_id, "result": result})


def open_machine(options: ClientOptions = OPTIONS) -> tuple[Multiplexer, int, int]:
    """A machine with one subscription on connection 1; its key, and its id there."""
    machine = make_machine(options)
    key, commands = machine.open("subscription", "sub.x", b'{"a":1}', 0.0)
    assert Connect(1) in commands
    return machine, key, get_id(machine.opened(1, 0.0))


def test_requests_wait_for_the_connection() -> None:
    machine = make_machine()
    machine.open("subscription", "sub.x", b'{"a":1}', 0.0)
    _, commands = machine.open("query", "y", None, 0.0)
    assert commands == []
    frames = get_frames(machine.opened(1, 0.0, {"token": "t"}))
    assert [frame["method"] for frame in frames] == [
        "connectionParams",
        "subscription",
        "query",
    ]
    assert frames[0]["data"] == {"token": "t"}
    assert frames[1]["params"] == {"path": "sub.x", "input": {"a": 1}}


def test_a_subscription_survives_its_connection_and_says_where_it_was() -> None:
    machine, key, first = open_machine()
    events = machine.received(1, make_event(first, 1, "one"), 1.0)
    assert [item.key for item in events if isinstance(item, Event)] == [key]
    machine.lost(1, LOST, 2.0)
    assert machine.state.phase == "waiting"
    assert machine.get_deadline() == 3.0
    assert Connect(2) in machine.tick(3.0)
    (frame,) = get_frames(machine.opened(2, 3.5))
    assert frame["id"] != first
    assert frame["params"] == {
        "path": "sub.x",
        "input": {"a": 1},
        "lastEventId": "one",
    }


def test_a_call_fails_with_its_connection() -> None:
    machine = make_machine()
    key, _ = machine.open("mutation", "m", None, 0.0)
    machine.opened(1, 0.0)
    assert Failed(key, LOST) in machine.lost(1, LOST, 1.0)
    assert machine.state.phase == "idle"


def test_attempts_wait_longer_each_time_and_start_over_after_an_answer() -> None:
    machine, _, _ = open_machine()
    waits: list[float] = []
    machine.lost(1, LOST, 0.0)
    for number in (2, 3, 4, 5):
        waits.append(machine.get_deadline() or 0.0)
        machine.tick(waits[-1])
        machine.failed_to_open(number, LOST, 0.0)
    assert waits == [1, 2, 4, 4]
    machine.tick(4.0)
    request_id = get_id(machine.opened(6, 5.0))
    machine.received(6, make_event(request_id, 1), 6.0)
    machine.lost(6, LOST, 7.0)
    assert machine.get_deadline() == 8.0


def test_attempts_end_where_the_policy_says() -> None:
    options = ClientOptions(reconnect=Reconnect(initial=1, attempts=1))
    machine, key, _ = open_machine(options)
    machine.lost(1, LOST, 0.0)
    machine.tick(1.0)
    assert Failed(key, LOST) in machine.failed_to_open(2, LOST, 1.0)
    assert machine.get_deadline() is None


def test_the_old_connection_serves_until_the_next_is_there() -> None:
    machine, key, first = open_machine()
    call, commands = machine.open("query", "slow", None, 0.0)
    call_id = get_id(commands)
    assert Connect(2) in machine.received(1, '{"id":null,"method":"reconnect"}', 1.0)
    machine.received(1, make_event(first, 1, "one"), 1.0)
    commands = machine.opened(2, 2.0)
    assert get_frames(commands)[0]["params"] == {
        "path": "sub.x",
        "input": {"a": 1},
        "lastEventId": "one",
    }
    assert Disconnect(1) not in commands
    assert machine.received(1, make_event(first, 2, "two"), 2.0) == []
    answer = machine.received(1, make_event(call_id, 5), 3.0)
    assert [type(item) for item in answer] == [Event, Ended, Disconnect]
    assert machine.lost(1, LOST, 4.0) == []
    assert key != call
    assert machine.state.phase == "open"


def test_a_stop_is_sent_and_late_events_reach_nobody() -> None:
    machine, key, first = open_machine()
    assert get_frames(machine.stop(key, 1.0)) == [
        {"id": first, "method": "subscription.stop"}
    ]
    assert machine.received(1, make_event(first, 1), 1.0) == []
    assert machine.stop(key, 1.0) == []


def test_a_silent_server_is_pinged_then_left() -> None:
    machine, _, _ = open_machine()
    assert machine.get_deadline() == 10.0
    assert machine.tick(10.0) == [Send(1, "PING")]
    assert machine.get_deadline() == 15.0
    commands = machine.tick(15.0)
    assert Disconnect(1) in commands
    assert machine.state.phase == "waiting"


def test_a_pong_keeps_the_connection_and_a_ping_is_answered() -> None:
    machine, _, _ = open_machine()
    machine.tick(10.0)
    assert machine.received(1, "PONG", 11.0) == []
    assert machine.get_deadline() == 21.0
    assert machine.received(1, "PING", 12.0) == [Send(1, "PONG")]


def test_an_unused_connection_is_closed() -> None:
    machine, key, _ = open_machine(ClientOptions(keep_alive=None, idle_seconds=60))
    machine.stop(key, 5.0)
    assert machine.get_deadline() == 65.0
    assert Disconnect(1) in machine.tick(65.0)
    assert machine.state.phase == "idle"


REFUSAL = {"message": "go away", "code": -32001, "data": {"code": "UNAUTHORIZED"}}


def test_a_refused_connection_is_not_tried_again() -> None:
    machine, key, _ = open_machine()
    text = json.dumps({"id": None, "error": REFUSAL})
    commands = machine.received(1, text, 1.0)
    failed = [item for item in commands if isinstance(item, Failed)]
    assert [item.key for item in failed] == [key]
    assert isinstance(failed[0].error, TRPCError)
    assert Disconnect(1) in commands
    assert machine.get_deadline() is None


@pytest.mark.parametrize("accepted_before", [True, False])
def test_a_stopping_servers_refusal_is_tried_again_by_who_was_accepted(
    accepted_before: bool,
) -> None:
    machine, key, first = open_machine()
    if accepted_before:
        machine.received(1, make_event(first, 1, "one"), 0.0)
    machine.lost(1, LOST, 0.0)
    machine.tick(1.0)
    commands = machine.rejected(2, LOST, 1.0, final=False)
    assert (Failed(key, LOST) in commands) is not accepted_before
    assert machine.state.phase == ("waiting" if accepted_before else "idle")


def test_an_unused_connection_is_not_replaced() -> None:
    machine, key, _ = open_machine()
    machine.stop(key, 1.0)
    commands = machine.received(1, '{"id":null,"method":"reconnect"}', 1.0)
    assert commands[0] == Disconnect(1)
    assert machine.state.phase == "idle"


def test_an_overloaded_server_is_tried_again() -> None:
    machine, _, _ = open_machine()
    shape = {**REFUSAL, "data": {"code": "SERVICE_UNAVAILABLE"}}
    assert machine.received(1, json.dumps({"id": None, "error": shape}), 1.0) == []
    machine.lost(1, LOST, 1.0)
    assert machine.state.phase == "waiting"


def test_an_error_ends_its_request_only() -> None:
    machine, key, first = open_machine()
    text = json.dumps({"id": first, "error": REFUSAL})
    (refused,) = machine.received(1, text, 1.0)
    assert isinstance(refused, Refused)
    assert (refused.key, json.loads(refused.shape)) == (key, REFUSAL)
    assert machine.state.phase == "open"


@pytest.mark.parametrize("text", ["{", "[]x", '{"id":1}', '{"id":{},"result":{}}', "é"])
def test_a_server_that_speaks_nonsense_is_left(text: str) -> None:
    machine, _, _ = open_machine()
    assert Disconnect(1) in machine.received(1, text, 1.0)


def test_closing_fails_what_waits() -> None:
    machine, key, _ = open_machine()
    commands = machine.close()
    assert [item.key for item in commands if isinstance(item, Failed)] == [key]
    assert Disconnect(1) in commands
    assert machine.state.phase == "closed"


class Simulation:
    """A server of one endless tracked stream, and the network between."""

    def __init__(self) -> None:
        self.machine = make_machine()
        self.now = 0.0
        self.connecting: set[int] = set()
        self.open: dict[int, dict[int, int]] = {}
        self.got: dict[int, list[int]] = defaultdict(list)
        self.ended: set[int] = set()

    def run(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Connect(number=number):
                    self.connecting.add(number)
                case Disconnect(number=number):
                    self.connecting.discard(number)
                    self.open.pop(number, None)
                case Send(number=number, text="PING"):
                    self.run(self.machine.received(number, "PONG", self.now))
                case Send(number=number, text=text):
                    if number in self.open:
                        self._receive(self.open[number], text)
                case Event(key=key, event_id=event_id):
                    assert event_id
                    self.got[key].append(int(event_id))
                case Refused(key=key) | Failed(key=key) | Ended(key=key):
                    self.ended.add(key)
                case StateChanged():
                    pass

    @staticmethod
    def _receive(streams: dict[int, int], text: str) -> None:
        if text in ("PING", "PONG"):
            return
        frame: Mapping[str, object] = json.loads(text)
        request_id = frame["id"]
        assert isinstance(request_id, int)
        if frame["method"] == "subscription.stop":
            streams.pop(request_id, None)
            return
        params = cast("dict[str, str]", frame["params"])
        streams[request_id] = int(params.get("lastEventId", "0"))

    def step(self, action: str) -> None:
        self.now += 1.0
        machine, number = self.machine, min(self.open, default=0)
        if action == "accept" and self.connecting:
            number = min(self.connecting)
            self.connecting.discard(number)
            self.open[number] = {}
            self.run(machine.opened(number, self.now))
        elif action == "refuse" and self.connecting:
            number = self.connecting.pop()
            self.run(machine.failed_to_open(number, LOST, self.now))
        elif action == "tick":
            deadline = machine.get_deadline()
            self.now = max(self.now, deadline or 0.0)
            self.run(machine.tick(self.now))
        elif action == "cut" and self.open:
            del self.open[number]
            self.run(machine.lost(number, LOST, self.now))
        elif action == "reconnect" and self.open:
            text = '{"id":null,"method":"reconnect"}'
            self.run(machine.received(number, text, self.now))
        elif action == "emit":
            for number, streams in list(self.open.items()):
                for request_id in list(streams):
                    streams[request_id] += 1
                    n = streams[request_id]
                    text = make_event(request_id, n, str(n))
                    self.run(machine.received(number, text, self.now))


ACTIONS = st.sampled_from(["accept", "refuse", "tick", "cut", "reconnect", "emit"])


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTIONS, max_size=60))
def test_no_event_is_lost_or_repeated_whatever_happens(actions: list[str]) -> None:
    simulation = Simulation()
    keys: list[int] = []
    for path in ("a", "b"):
        key, commands = simulation.machine.open("subscription", path, None, 0.0)
        keys.append(key)
        simulation.run(commands)
    for action in actions:
        simulation.step(action)
    for _ in range(4):  # in the end the network is well again
        simulation.step("tick")
        simulation.step("accept")
    before = {key: len(simulation.got[key]) for key in keys}
    simulation.step("emit")
    assert not simulation.ended
    for key in keys:
        got = simulation.got[key]
        assert got == list(range(1, len(got) + 1))
        assert len(got) == before[key] + 1
