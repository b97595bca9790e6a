"""Which addresses this server may call for a customer: none of its own house."""

from __future__ import annotations

import errno
import socket
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address

HTTPS_PORTS = frozenset({443})

# Python 3.11 calls some of these global: NAT64 leads to any IPv4 address, the private ones included.
_NEVER = tuple(
    map(
        ip_network,
        ("64:ff9b::/96", "64:ff9b:1::/48", "192.0.0.0/24", "100.64.0.0/10", "fec0::/10", "192.88.99.0/24"),
    )
)


def is_public(address: str) -> bool:
    """Tell whether an IP literal is a public unicast address, whatever notation it hides in."""
    ip = _unwrapped(ip_address(address))
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not any(ip.version == net.version and ip in net for net in _NEVER)
    )


def url_flaw(url: str, *, allow_private: bool = False, ports: frozenset[int] = HTTPS_PORTS) -> str | None:
    """Say why this base URL cannot be used, None if it can. Names are resolved, and checked, at connect time."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "The URL cannot be read."
    if parts.scheme not in ({"https", "http"} if allow_private else {"https"}) or not parts.hostname:
        return "The URL must begin with https:// and name a host."
    if parts.username is not None or parts.query or parts.fragment or not url.isprintable() or " " in url:
        return "The URL must be a plain address without user, query, fragment or spaces."
    if not allow_private and (port or 443) not in ports:
        return "The URL's port is not allowed."
    return None if allow_private or _may_be_public(parts.hostname) else "The URL's address is not public."


def header_flaw(headers: Mapping[str, str]) -> str | None:
    """Say why these cannot be headers, without repeating them: one of them is the key."""
    sendable = all(text.isascii() and text.isprintable() for text in headers.values())
    return None if sendable else "The tenant or the key holds characters that no header can carry."


def guarded_sockets(*, allow_private: bool, ports: frozenset[int]) -> Callable[[Any], socket.socket]:
    """Make the factory through which every connection's resolved address passes: literal, DNS or rebound."""

    def open_socket(address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, target = address
        if not allow_private and (target[1] not in ports or not is_public(str(target[0]))):
            raise PermissionError(errno.EACCES, "address not allowed")
        return socket.socket(family, kind, protocol)

    return open_socket


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv6Address):
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
