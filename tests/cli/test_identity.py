"""The port of the development sign-in."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
import urllib.request
from subprocess import PIPE, Popen

import pytest

from fairlead.cli.identity import ADDRESS, reserve_port

COMMAND = [sys.executable, "-m", "fairlead.devprovider", "--host", ADDRESS, "--port"]


@pytest.mark.skipif(
    not hasattr(socket, "SO_REUSEPORT"), reason="this system shares no ports"
)
def test_the_port_is_kept_for_the_provider_and_from_everybody_else() -> None:
    with contextlib.ExitStack() as stack:
        port = reserve_port(stack)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((ADDRESS, port))
        with Popen([*COMMAND, str(port)], stderr=PIPE, text=True) as provider:
            try:
                _wait_for_issuer(port)
            finally:
                provider.terminate()


def _wait_for_issuer(port: int) -> None:
    url = f"http://{ADDRESS}:{port}/.well-known/openid-configuration"
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as answer:
            assert str(port) in answer.read().decode()
            return
        time.sleep(0.1)
    pytest.fail("the provider did not start")
