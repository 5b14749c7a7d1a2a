"""Names of hosts and origins, in the forms in which they can work."""

import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from app.core.settings.errors import SettingError
from app.core.settings.types import split_at_commas

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:\[([0-9a-f:]+)\]|([a-z0-9_.-]*[a-z0-9_]))(?::([1-9][0-9]{0,4}))?"
)
_DEFAULT_PORTS = {("http", "80"), ("https", "443")}


def _check_listening_host(host: str) -> str:
    if not _NAME.fullmatch(host) and not _is_address(host):
        raise SettingError("must be an address or a name and nothing else, as in 0.0.0.0 or ::")
    return host


def _check_served_host(host: str) -> str:
    if host != "*" and not _NAME.fullmatch(host.removeprefix("*.")) and not _is_address(host):
        raise SettingError(
            "must be a name or an address, without scheme, port, brackets or blanks;"
            " *.example.com stands for subdomains"
        )
    return host.lower()


def _check_origin(origin: str) -> str:
    if origin != "*" and not _is_sent_by_browsers(origin):
        raise SettingError(
            "must be a scheme and a host, as in https://shop.example: in lower case, without path,"
            " user, blanks and the port that is the scheme's own"
        )
    return origin


def _is_sent_by_browsers(origin: str) -> bool:
    """Whether a browser writes it like this. Not 'null': any page can be made to send that."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return False
    scheme, ipv6, name, port = match.groups()
    if (scheme, port) in _DEFAULT_PORTS or int(port or 0) > 65535:
        return False
    if ipv6:
        return _is_address(ipv6) and str(ip_address(ipv6)) == ipv6
    # What ends in a number is an IPv4 address to a browser, written in full.
    return not name.rpartition(".")[2].isdigit() or _is_address(name)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


ListeningHost = Annotated[str, AfterValidator(_check_listening_host)]
ServedHost = Annotated[str, AfterValidator(_check_served_host)]
ServedHosts = Annotated[tuple[ServedHost, ...], NoDecode, BeforeValidator(split_at_commas)]
Origin = Annotated[str, AfterValidator(_check_origin)]
Origins = Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(split_at_commas)]
