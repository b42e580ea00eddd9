from __future__ import annotations

from fairlead.protocol.options import SseOptions
from fairlead.protocol.sse import SseEncoder


def test_untracked_events_clear_the_id_and_restore_it() -> None:
    encoder = SseEncoder()

    assert encoder.encode_data(b"1") == b"data: 1\n\n"
    assert encoder.encode_data(b"2", "a b") == b"data: 2\nid: a b\n\n"
    assert (
        encoder.encode_data(b"3")
        == b"data: 3\nid: \n\nevent: restore-id\ndata: \nid: a b\n\n"
    )


def test_an_id_that_no_line_can_hold_is_not_restored() -> None:
    assert SseEncoder("a\nb").encode_data(b"1") == b"data: 1\n\n"


def test_the_client_learns_its_options() -> None:
    options = SseOptions(reconnect_after_inactivity_ms=250)

    assert (
        SseEncoder.encode_connected(options)
        == b'event: connected\ndata: {"reconnectAfterInactivityMs":250}\n\n'
    )
