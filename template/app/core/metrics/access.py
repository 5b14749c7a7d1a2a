"""Who may read the metrics: they say how many users sign in, and how many fail to."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network

from app.core.http.addresses import is_in


@dataclass(frozen=True, slots=True)
class MetricsAccess:
    """Whatever is set has to hold; with nothing set, anybody may read."""

    token: str | None = field(default=None, repr=False)
    networks: Sequence[IPv4Network | IPv6Network] | None = None

    def find_refusal(self, addresses: Sequence[str], authorization: str) -> HTTPStatus | None:
        """Returns the status of the refusal, None for a request that may read.

        `addresses` are the client's and those that proxies have named.
        """
        networks = self.networks
        if networks is not None and not all(is_in(address, networks) for address in addresses):
            return HTTPStatus.FORBIDDEN
        if self.token is None:
            return None
        expected = f"Bearer {self.token}".encode()
        # A header is Latin-1, which both servers have decoded.
        if hmac.compare_digest(authorization.encode("latin-1"), expected):
            return None
        return HTTPStatus.UNAUTHORIZED
