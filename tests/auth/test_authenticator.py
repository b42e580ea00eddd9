"""Who is calling."""

import pytest

from fairlead import Request, TRPCError, User
from fairlead.auth import Anonymous, FixedUser

ANN = User(name="ann")


def make_request(client: str, host: str) -> Request:
    return Request(transport="http", client=(client, 5000), headers={"host": host})


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("127.0.0.1", "127.0.0.1:8000"),
        ("127.0.0.1", "localhost:8000"),
        ("127.0.0.1", "localhost"),
        ("::1", "[::1]:8000"),
    ],
)
async def test_fixed_user_is_everybody_on_this_machine(client: str, host: str) -> None:
    assert await FixedUser(ANN).authenticate(make_request(client, host)) == ANN


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("192.0.2.7", "127.0.0.1:8000"),
        ("127.0.0.1", "evil.example:8000"),
        ("127.0.0.1", "127.0.0.1.evil.example"),
        ("127.0.0.1", ""),
    ],
)
async def test_fixed_user_is_refused_beyond_loopback(client: str, host: str) -> None:
    with pytest.raises(TRPCError, match="this machine only") as caught:
        await FixedUser(ANN).authenticate(make_request(client, host))
    assert caught.value.code == "UNAUTHORIZED"


async def test_anonymous_finds_nobody() -> None:
    assert await Anonymous().authenticate(Request()) is None
