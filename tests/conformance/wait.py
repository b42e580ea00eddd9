"""Waits until the conformance server answers: python -m tests.conformance.wait PORT."""

from __future__ import annotations

import socket
import sys
import time
from http.client import HTTPConnection


def find_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_served(port: int, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/trpc/ping")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise TimeoutError(f"nothing answers on port {port} after {seconds:g} s")


if __name__ == "__main__":
    wait_until_served(int(sys.argv[1]))
