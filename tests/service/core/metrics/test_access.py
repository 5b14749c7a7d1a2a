from ipaddress import ip_network

import pytest

from app.core.metrics.access import MetricsAccess

TOKEN = "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"
NETWORKS = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


def refuses(
    access: MetricsAccess, *addresses: str, authorization: str = f"Bearer {TOKEN}"
) -> int | None:
    return access.find_refusal(addresses or ["192.0.2.1"], authorization)


def test_with_nothing_set_anybody_reads() -> None:
    assert refuses(MetricsAccess(), authorization="") is None


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"bearer {TOKEN}",
        f"Bearer {TOKEN}x",
        "Bearer \xff",
        "Basic x",
    ],
)
def test_a_token_has_to_be_the_one(authorization: str) -> None:
    access = MetricsAccess(token=TOKEN)

    assert refuses(access) is None
    assert refuses(access, authorization=authorization) == 401


@pytest.mark.parametrize(
    ("addresses", "refusal"),
    [
        (["10.1.2.3"], None),
        (["::ffff:10.1.2.3"], None),
        (["2001:db8::1"], None),
        (["192.0.2.1"], 403),
        (["unknown"], 403),
        ([""], 403),
        (["10.1.2.3", "10.1.2.4"], None),
        (["10.1.2.3", "192.0.2.1"], 403),
        (["10.1.2.3", "10.1.2.4:443"], 403),
    ],
)
def test_every_address_is_in_the_networks(addresses: list[str], refusal: int | None) -> None:
    assert refuses(MetricsAccess(networks=NETWORKS), *addresses) == refusal


def test_token_and_network_are_both_required() -> None:
    both = MetricsAccess(token=TOKEN, networks=NETWORKS)

    assert refuses(both, "10.1.2.3") is None
    assert refuses(both, "192.0.2.1") == 403
    assert refuses(both, "10.1.2.3", authorization="") == 401


def test_an_empty_list_of_networks_admits_no_client() -> None:
    assert refuses(MetricsAccess(networks=[]), "10.1.2.3") == 403


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(MetricsAccess(token=TOKEN))
