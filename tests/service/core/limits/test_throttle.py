import pytest

from app.core.limits.throttle import (
    ThrottleKind,
    ThrottlePolicy,
    account_key,
    address_key,
    known_key,
    mail_key,
    make_policies,
)

EMAIL = "ann@example.com"


def test_a_wait_doubles_from_the_first_to_the_longest() -> None:
    policy = ThrottlePolicy(free=3, first_delay=1, longest_delay=10, memory=60)

    assert [policy.delay_after(count) for count in range(8)] == [0, 0, 0, 1, 2, 4, 8, 10]
    assert policy.delay_after(1_000_000) == 10


def test_every_kind_has_a_policy_whose_memory_outlasts_its_waits() -> None:
    policies = make_policies(account_free=7, address_free=70, invitations=20)

    assert set(policies) == set(ThrottleKind)
    assert policies[ThrottleKind.ACCOUNT].free == policies[ThrottleKind.KNOWN].free == 7
    assert policies[ThrottleKind.ADDRESS].free == 70
    assert all(policy.longest_delay <= policy.memory for policy in policies.values())


@pytest.mark.parametrize("email", ["ANN@example.com", " ann@Example.com\n"])
def test_an_account_is_one_however_its_email_is_written(email: str) -> None:
    assert account_key(email) == account_key(EMAIL)
    assert known_key(email, "192.0.2.1") == known_key(EMAIL, "192.0.2.1")
    assert mail_key(email, "reset") == mail_key(EMAIL, "reset")


def test_keys_of_two_kinds_or_people_differ_and_hold_neither_email_nor_address() -> None:
    keys = [
        account_key(EMAIL),
        account_key("bob@example.com"),
        account_key("\ud800"),
        known_key(EMAIL, "192.0.2.1"),
        known_key("bob@example.com", "192.0.2.1"),
        address_key("192.0.2.1"),
        mail_key(EMAIL, "reset"),
    ]

    assert len(set(keys)) == len(keys)
    assert not any("ann" in key.name or "192" in key.name.split(".") for key in keys)
    assert all(len(key.name) == 32 for key in keys)
