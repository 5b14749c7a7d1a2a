"""Network addresses, as what counts for one client."""

from ipaddress import IPv6Address, IPv6Network, ip_address

UNKNOWN = "unknown"


def network_of(address: str) -> str:
    """Returns an IPv4 address as it is, and of an IPv6 address the /64: one client has all of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)
