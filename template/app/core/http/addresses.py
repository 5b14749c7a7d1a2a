"""Network addresses, as what counts for one client."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

UNKNOWN = "unknown"

Networks = Sequence[IPv4Network | IPv6Network] | None

# Some proxies write the port as well: 192.0.2.1:443, [2001:db8::1]:443.
_WITH_PORT = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::[0-9]{1,5})?")


def find_client(
    peer: str, hops: Sequence[str], trusted: Sequence[IPv4Network | IPv6Network]
) -> str:
    """Returns who is behind the trusted proxies that a request has come through.

    Each proxy adds the address of its client, so they are read from the last one back.
    What stands before an address that is not trusted anybody may have written; what stands before
    an invalid one may be anything.
    """
    client = peer
    for hop in reversed(hops):
        if not is_in(client, trusted):
            break
        address = _read_hop(hop.strip())
        if address is None:
            break
        client = str(address)
    return client


def overlap(ours: Networks, theirs: Networks) -> bool:
    return any(
        one.version == other.version and one.overlaps(other)
        for one in ours or ()
        for other in theirs or ()
    )


def is_in(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        parsed = _unmap(ip_address(address))
    except ValueError:
        return False
    return any(parsed in network for network in networks)


# Most requests come from clients of a moment ago.
@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Returns an IPv4 address as it is, and of an IPv6 address the /64: one client has all of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return UNKNOWN
    parsed = _unmap(parsed)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)


def _read_hop(hop: str) -> IPv4Address | IPv6Address | None:
    match = _WITH_PORT.fullmatch(hop)
    try:
        return _unmap(ip_address((match[1] or match[2]) if match else hop))
    except ValueError:
        return None


def _unmap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Returns the IPv4 address that a listener of both kinds shows as an IPv6 one."""
    return getattr(address, "ipv4_mapped", None) or address
