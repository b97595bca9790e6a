"""The guard against being sent into our own house (SSRF): a table of addresses, and real connections."""

from __future__ import annotations

import asyncio
import socket

import pytest

from psa.connections import PsaConnections, PsaCredentials
from psa.errors import PsaUnreachable
from psa.exchanges import Exchanges
from psa.guard import is_public, url_flaw
from psa.reach import Clock, Reach
from psa.wire import Request

FORBIDDEN = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104 - the table of what must not be reached
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_of_our_own_house_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://psa.example",
        "ftp://psa.example",
        "https://",
        "psa.example",
        "https://user:secret@psa.example",
        "https://psa.example?x=1",
        "https://psa.example#x",
        "https://psa.example:8443",
        "https://psa.example:99999",
        "https://localhost",
        "https://psa.localhost",
        "https://127.0.0.1",
        "https://[::1]",
        "https://psa.example/a b",
        "https://psa.example/\n",
    ],
)
def test_a_url_that_cannot_be_used_is_told_when_it_is_saved(url: str):
    assert url_flaw(url)


def test_a_plain_https_url_is_taken_and_private_http_only_with_leave():
    assert url_flaw("https://api.psa.example/tenant") is None
    assert url_flaw("http://127.0.0.1:8400", allow_private=True) is None
    assert url_flaw("ftp://127.0.0.1", allow_private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "127.1", "[::ffff:127.0.0.1]"])  # noqa: S104
async def test_no_notation_of_loopback_gets_a_socket_whatever_the_url_check_thinks(host: str):
    # Straight to the session, past the check of the URL: what a name that resolves to loopback would do.
    arrived = 0

    async def arrive(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        arrived += 1
        writer.close()

    server = await asyncio.start_server(arrive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    road = Exchanges(f"http://{host}:{port}", {}, Reach(ports=frozenset({port})), Clock())
    try:
        with pytest.raises(PsaUnreachable):
            await road.exchange(Request("GET", "/"), 2)
    finally:
        await road.close()
        server.close()
        await server.wait_closed()

    assert arrived == 0


async def test_a_port_outside_the_list_gets_no_socket():
    road = Exchanges("https://8.8.8.8:22", {}, Reach(), Clock())

    with pytest.raises(PsaUnreachable, match="not one this server may call"):
        await road.exchange(Request("GET", "/"), 2)

    await road.close()


@pytest.mark.parametrize("url", ["https://127.0.0.1", "http://127.0.0.1:1", "https://u:p@8.8.8.8"])
async def test_a_saved_url_is_checked_again_before_each_call(url: str):
    connections = PsaConnections(Reach(), Clock())
    psa = connections.psa_for("org_acme", PsaCredentials("org_acme", url, "key"))

    with pytest.raises(PsaUnreachable):
        await psa.check()

    await connections.close()


async def test_a_key_that_no_header_can_carry_is_told_without_being_shown():
    connections = PsaConnections(Reach(), Clock())
    psa = connections.psa_for("org_acme", PsaCredentials("org_acme", "https://psa.example", "canary\r\nX-Evil: 1"))

    with pytest.raises(PsaUnreachable) as caught:
        await psa.check()

    assert "canary" not in caught.value.message
    await connections.close()


async def test_private_addresses_are_reached_only_with_leave(unused: int):
    road = Exchanges(f"http://127.0.0.1:{unused}", {}, Reach(allow_private=True), Clock())

    with pytest.raises(PsaUnreachable, match="No connection"):
        await road.exchange(Request("GET", "/"), 2)

    await road.close()


@pytest.fixture
def unused() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
