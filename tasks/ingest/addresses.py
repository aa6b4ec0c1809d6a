"""Which addresses may be fetched: http(s) on the usual ports, hosts of the source, and public IP addresses only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from tasks.errors import RejectDocument

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_SPECIAL = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("2001::/23"))
"""IANA's special blocks of which older Pythons take parts for global."""
LONGEST = 2048


def resolve(host: str, port: int) -> list[str]:
    """The host's addresses by the system's resolver.

    Raises:
        RejectDocument: `fetch_failed`, the name is not known.
    """
    try:
        return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as error:
        raise RejectDocument("fetch_failed", f"{host}: the name does not resolve: {error}") from error


def is_public(ip: IP) -> bool:
    """Whether an address is one of the public internet, itself and any IPv4 address that it carries."""
    inner = _inner(ip)
    if inner is not None and not is_public(inner):
        return False
    if any(ip in network for network in _SPECIAL):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local)


def _inner(ip: IP) -> IP | None:
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if any(ip in network for network in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


@dataclass(frozen=True)
class Policy:
    """What a source may fetch.

    Attributes:
        hosts: names; each stands for itself and its subdomains.
        allows: decides on an IP address; only tests replace it.
        resolver: host and port -> addresses.
    """

    hosts: Sequence[str]
    ports: frozenset[int] = frozenset((80, 443))
    allows: Callable[[IP], bool] = is_public
    resolver: Callable[[str, int], list[str]] = resolve

    def check(self, url: str) -> SplitResult:
        """The address in its parts.

        Raises:
            RejectDocument: `unsafe_address`, with what is wrong.
        """
        if len(url) > LONGEST or any(c <= " " or c in "\\\x7f" for c in url):
            raise RejectDocument("unsafe_address", "an address with blanks, control characters or a backslash, or too long a one")
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            host = parts.hostname or ""
        except ValueError as error:
            raise RejectDocument("unsafe_address", f"no address: {error}") from error
        if parts.scheme not in ("http", "https"):
            raise RejectDocument("unsafe_address", f"only http and https are fetched, not {parts.scheme or 'a relative address'}")
        if parts.username is not None or parts.password is not None or port not in self.ports or not host:
            raise RejectDocument("unsafe_address", "an address with a user, without a host, or on an unusual port")
        if not any(host == h or host.endswith(f".{h}") for h in self.hosts):
            raise RejectDocument("unsafe_address", f"{host} is no host of this source; `hosts` of the source adds it")
        return parts

    def pin(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, one at least.

        Raises:
            RejectDocument: `unsafe_address`: any of the host's addresses is not allowed; `fetch_failed`: there is none.
        """
        found = self.resolver(host, port)
        if not found:
            raise RejectDocument("fetch_failed", f"{host} has no address")
        for text in found:
            if not self.allows(ipaddress.ip_address(text.partition("%")[0])):
                raise RejectDocument("unsafe_address", f"{host} leads to an address that is not public")
        return found
