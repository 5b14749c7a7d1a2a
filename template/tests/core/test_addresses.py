import pytest

from app.core.addresses import network_of


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
