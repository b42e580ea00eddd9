"""A server for the rolling restart, of granian: python -m tests.asgi.rolling_granian PORT."""

from __future__ import annotations

import socket
import sys
import time
from threading import Thread

from granian import Granian
from granian.constants import Interfaces

PORT = int(sys.argv[1])


def say_ready() -> None:
    """The application has started before its worker listens."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                break
        time.sleep(0.02)
    print("ready", flush=True)


if __name__ == "__main__":
    Thread(target=say_ready, daemon=True).start()
    Granian(
        "tests.asgi.rolling_app:app",
        port=PORT,
        interface=Interfaces.ASGI,
        log_enabled=False,
    ).serve()
