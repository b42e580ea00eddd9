from __future__ import annotations

import json

import pytest

from fairlead.protocol.messages import (
    CallMessage,
    OversizedBatchError,
    parse_frame,
)
from fairlead.protocol.options import KeepAlive, Limits, WireOptions
from fairlead.protocol.websocket import (
    Close,
    Command,
    CreateContext,
    Send,
    StartCall,
    StopCall,
    WebSocketProtocol,
)


def make_ready(
    limits: Limits | None = None, keep_alive: KeepAlive | None = None
) -> WebSocketProtocol:
    protocol = WebSocketProtocol(
        WireOptions(limits=limits or Limits(), keep_alive=keep_alive)
    )
    assert protocol.open() == [CreateContext(None)]
    assert protocol.context_ready(None) == []
    return protocol


def request(request_id: int, kind: str = "subscription", path: str = "watch") -> str:
    return json.dumps({"id": request_id, "method": kind, "params": {"path": path}})


def get_messages(commands: list[Command]) -> list[str]:
    return [
        json.loads(each.text)["error"]["message"]
        for each in commands
        if isinstance(each, Send)
    ]


def test_calls_wait_for_the_context() -> None:
    protocol = WebSocketProtocol(WireOptions())
    protocol.open()

    assert protocol.receive_text(request(1), 0.0) == []
    [started] = protocol.context_ready(None)

    assert isinstance(started, StartCall)


def test_a_subscription_stopped_before_the_context_is_there_never_runs() -> None:
    protocol = WebSocketProtocol(WireOptions())
    protocol.open()
    protocol.receive_text(request(1), 0.0)
    protocol.receive_text('{"id":1,"method":"subscription.stop"}', 0.0)

    assert protocol.context_ready(None) == [
        Send('{"id":1,"result":{"type":"stopped"}}')
    ]


def test_params_come_first_when_announced() -> None:
    protocol = WebSocketProtocol(WireOptions(), expects_params=True)

    assert protocol.open() == []
    assert protocol.receive_text(
        '{"method":"connectionParams","data":{"a":"b"}}', 0.0
    ) == [CreateContext({"a": "b"})]


def test_a_stop_cancels_once() -> None:
    protocol = make_ready()
    [started] = protocol.receive_text(request(1), 0.0)
    assert isinstance(started, StartCall)

    assert protocol.receive_text('{"id":1,"method":"subscription.stop"}', 0.0) == [
        StopCall(started.call)
    ]
    assert protocol.receive_text('{"id":1,"method":"subscription.stop"}', 0.0) == []


def test_the_id_is_free_again_after_the_end() -> None:
    protocol = make_ready()
    [started] = protocol.receive_text(request(1), 0.0)
    assert isinstance(started, StartCall)
    assert get_messages(protocol.receive_text(request(1), 0.0)) == ["Duplicate id 1"]

    protocol.finished(started.call)

    assert isinstance(protocol.receive_text(request(1), 0.0)[0], StartCall)


def test_subscriptions_at_the_bound_run_and_one_beyond_is_refused() -> None:
    protocol = make_ready(Limits(subscriptions_per_connection=2))

    assert all(
        isinstance(protocol.receive_text(request(n), 0.0)[0], StartCall) for n in (1, 2)
    )
    assert get_messages(protocol.receive_text(request(3), 0.0)) == [
        "This connection has 2 subscriptions, the most it may have: stop one"
    ]


def test_calls_at_the_bound_run_and_one_beyond_waits_for_another_to_end() -> None:
    protocol = make_ready(Limits(calls_per_connection=1))
    [started] = protocol.receive_text(request(1, "query"), 0.0)
    assert isinstance(started, StartCall)
    assert get_messages(protocol.receive_text(request(2, "query"), 0.0)) == [
        "1 calls are running on this connection: wait for one to end"
    ]

    protocol.answered(started.call)

    assert isinstance(protocol.receive_text(request(2, "query"), 0.0)[0], StartCall)


def test_messages_at_the_bound_are_read_and_longer_ones_refused() -> None:
    text = request(1)
    protocol = make_ready(Limits(message_bytes=len(text)))

    assert isinstance(protocol.receive_text(text, 0.0)[0], StartCall)
    [refused] = get_messages(protocol.receive_text(text + " ", 0.0))
    assert (
        refused == f"The message has {len(text) + 1} characters, more than {len(text)}"
    )


def test_an_idle_connection_is_closed_and_a_busy_one_is_not() -> None:
    protocol = make_ready(Limits(idle_seconds=10))
    assert protocol.get_deadline() == 10
    assert protocol.tick(9.9) == []
    assert protocol.tick(10) == [Close(1001, "idle for 10 s")]

    busy = make_ready(Limits(idle_seconds=10))
    busy.receive_text(request(1), 5)
    assert busy.tick(100) == []
    assert not busy.is_closed


def test_a_silent_client_is_pinged_then_cut() -> None:
    protocol = make_ready(
        Limits(idle_seconds=None), KeepAlive(ping_seconds=30, pong_seconds=5)
    )

    assert protocol.tick(29) == []
    assert protocol.tick(30) == [Send("PING")]
    assert protocol.get_deadline() == 35
    assert protocol.tick(34) == []
    assert protocol.tick(35) == [Close(1001, "no answer to PING")]


def test_any_message_answers_a_ping() -> None:
    protocol = make_ready(
        Limits(idle_seconds=None), KeepAlive(ping_seconds=30, pong_seconds=5)
    )
    protocol.tick(30)

    protocol.receive_text("PONG", 31)

    assert protocol.tick(35) == []
    assert protocol.get_deadline() == 61


def test_calls_behind_a_refused_context_are_told_so_until_the_close() -> None:
    protocol = WebSocketProtocol(WireOptions(), expects_params=True)
    protocol.open()

    refused = protocol.receive_text('{"data":1}', 0.0)
    behind = protocol.receive_text(request(1, "query"), 0.0)

    assert get_messages(refused) == ["Invalid connection params shape"]
    assert isinstance(refused[-1], Close)
    assert refused[-1].grace > 0
    assert get_messages(behind) == ["Invalid connection params shape"]
    protocol.closed()
    assert protocol.receive_text(request(2, "query"), 0.0) == []


def test_an_oversized_batch_is_refused_under_each_id_as_javascript_writes_it() -> None:
    protocol = make_ready(Limits(batch_size=1))
    message = '{"id":%s,"method":"query","params":{"path":"a"}}'

    refused = protocol.receive_text(f"[{message % '2.0'},{message % '2.5'}]", 0.0)

    assert [each.text[:10] for each in refused if isinstance(each, Send)] == [
        '{"id":2,"e',
        '{"id":2.5,',
    ]


def test_who_subscribes_with_the_same_text_has_a_call_of_ones_own() -> None:
    text = request(1, "subscription")
    (first,), (second,) = (
        parse_frame(text, WireOptions()),
        parse_frame(text, WireOptions()),
    )
    assert isinstance(first, CallMessage)
    assert isinstance(second, CallMessage)
    assert first is not second
    assert (first.id, first.path, first.raw, first.head) == (
        second.id,
        second.path,
        second.raw,
        second.head,
    )


def test_a_text_that_was_read_before_is_measured_by_the_bounds_of_its_own_reader() -> (
    None
):
    text = f"[{request(1, 'subscription')},{request(2, 'subscription')}]"
    assert len(parse_frame(text, WireOptions())) == 2
    with pytest.raises(OversizedBatchError):
        parse_frame(text, WireOptions(limits=Limits(batch_size=1)))
