from ipaddress import ip_network

import pytest

from app.core.http.addresses import find_client, network_of

TRUSTED = [ip_network(network) for network in ("10.0.0.0/8", "2001:db8:a::/48")]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::2%eth0", "fe80::/64"),
        ("testclient", "unknown"),
        ("192.0.2.1:443", "unknown"),
        ("\ud800", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_client_is_an_address_or_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("192.0.2.1", "203.0.113.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.1, 192.0.2.7, 10.9.9.9 ,10.0.0.2", "192.0.2.7"),
        ("::ffff:10.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "2001:db8::7, 2001:db8:a::1", "2001:db8::7"),
        # Proxies all the way: the first of them is the client.
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "192.0.2.7:443", "192.0.2.7"),
        ("10.0.0.1", "[2001:db8::7]:443, [2001:db8:a::1]", "2001:db8::7"),
        # What is no address ends the way back at the last one.
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.7, , 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "192.0.2.7, 10.0.0.2.evil, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.1", "192.0.2.7, 10.0.0.2:x", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.07", "10.0.0.1"),
        ("10.0.0.1", "\u0661\u0660.0.0.1", "10.0.0.1"),
        ("unknown", "192.0.2.7", "unknown"),
    ],
)
def test_the_client_is_the_last_one_that_is_no_proxy(peer: str, hops: str, client: str) -> None:
    assert find_client(peer, hops.split(","), TRUSTED) == client
