from collections.abc import Callable
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from app.core.config import get_settings, reload_settings
from app.core.credentials.secret_strength import find_equal, find_guessable, find_short
from app.core.platform_settings import PlatformSettings
from service.support.pems import make_private_key, to_pem, to_public_pem

SECRET = "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1"
RSA, CURVE = make_private_key("RS256"), make_private_key("ES256")
KEYS = {
    "secret": SECRET,
    "other secret": SECRET + "!",
    "RSA": to_pem(RSA),
    "P-256": to_pem(CURVE),
    "public RSA": to_public_pem(RSA),
    "public P-256": to_public_pem(CURVE),
    "weak": "hunter2",
}
PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql://shop:Zp3kVd0Rw9sX@db/shop",
    "trusted_hosts": "api.example.com",
    "public_url": "https://shop.example.com",
    "smtp_url": "smtp://user:password@mail.example.com:587",
    "mail_from": "no-reply@shop.example.com",
    "trusted_proxies": "10.0.0.0/8",
    "metrics_port": 9090,
}


class TeamSettings(PlatformSettings):
    hook_secret: SecretStr = SecretStr("Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A")


def make_settings(**values: Any) -> PlatformSettings:
    return PlatformSettings(_env_file=None, **{"jwt_secret": SECRET, **values})


def test_secrets_have_no_default() -> None:
    with pytest.raises(ValidationError, match="jwt_secret"):
        PlatformSettings(_env_file=None)


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_short_secret_is_refused_everywhere_and_not_shown(environment: str) -> None:
    settings = make_settings(**PRODUCTION | {"environment": environment, "jwt_secret": "hunter2"})

    assert "JWT_SECRET: a secret has at least 32 characters" in settings.refusals()[0]
    assert "hunter2" not in str(settings.refusals())


@pytest.mark.parametrize(
    ("algorithm", "key", "said"),
    [
        ("RS256", "secret", "this key is for HS256, and JWT_ALGORITHM is RS256"),
        ("HS256", "RSA", "this key is for RS256, and JWT_ALGORITHM is HS256"),
        ("ES256", "RSA", "this key is for RS256, and JWT_ALGORITHM is ES256"),
        ("ES256", "public P-256", "only the private one signs"),
    ],
)
def test_the_key_is_for_the_algorithm_and_can_sign(algorithm: str, key: str, said: str) -> None:
    settings = make_settings(
        environment="development", jwt_algorithm=algorithm, jwt_secret=KEYS[key]
    )

    [refusal] = settings.refusals()
    assert refusal.startswith("JWT_SECRET: ")
    assert said in refusal
    assert KEYS[key] not in refusal


@pytest.mark.parametrize(
    ("previous", "said"),
    [
        (["weak"], "at least 32"),
        (["secret"], "twice"),
        (["other secret", "other secret"], "twice"),
        (["P-256", "public P-256"], "twice"),
    ],
)
def test_previous_keys_are_keys_and_all_different(previous: list[str], said: str) -> None:
    texts = [KEYS[key] for key in previous]
    settings = make_settings(environment="development", jwt_previous_secrets=",".join(texts))

    [refusal] = settings.refusals()
    assert refusal.startswith("JWT_PREVIOUS_SECRETS: ")
    assert said in refusal
    assert not any(text in refusal for text in texts)


def test_the_key_that_signs_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment has them: a PEM on one line, and secrets with commas between."""
    monkeypatch.setenv("JWT_ALGORITHM", "ES256")
    monkeypatch.setenv("JWT_SECRET", KEYS["P-256"].replace("\n", "\\n"))
    monkeypatch.setenv("JWT_PREVIOUS_SECRETS", f"{SECRET}, {KEYS['public RSA']}")
    settings = PlatformSettings(_env_file=None)

    assert [key.algorithm for key in settings.jwt_keys] == ["ES256", "HS256", "RS256"]


def test_without_a_word_it_is_production() -> None:
    assert make_settings().is_production


def test_lists_are_written_with_commas() -> None:
    settings = make_settings(cors_origins="https://a.example, https://b.example")

    assert settings.cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("given", "networks"),
    [
        ("10.0.0.0/8, 2001:db8::/32", ["10.0.0.0/8", "2001:db8::/32"]),
        ("192.0.2.1", ["192.0.2.1/32"]),
        ("*", ["0.0.0.0/0", "::/0"]),
        ("none", []),
    ],
)
def test_trusted_proxies_are_networks(given: str, networks: list[str]) -> None:
    assert list(map(str, make_settings(trusted_proxies=given).trusted_proxies or ())) == networks


def test_no_proxy_is_trusted_by_default() -> None:
    assert make_settings().trusted_proxies is None


def test_production_says_which_proxies_there_are_or_that_there_are_none() -> None:
    unnamed = {name: value for name, value in PRODUCTION.items() if name != "trusted_proxies"}
    [reason] = make_settings(**unnamed).refusals()

    assert reason.startswith(
        "TRUSTED_PROXIES: name the networks of the proxies in front, or 'none'"
    )
    assert make_settings(**unnamed, trusted_proxies="none").refusals() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", "staging"),
        ("port", 0),
        ("database_pool_timeout", 0),
        ("access_token_ttl", -1),
        ("mail_from", "no-reply"),
        ("mail_from", "Shop <no-reply@shop.example.com>"),
        ("public_url", "shop.example.com"),
        ("smtp_url", "mail.example.com"),
        ("password_min_length", 7),
        ("password_min_length", 65),
        ("rate_limit_requests", 0),
        ("rate_limit_requests", 10_001),
        ("rate_limit_window_seconds", 0),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "proxy.internal"),
        ("trusted_proxies", "10.0.0.0/8,"),
        ("trusted_hosts", "api.example.com, "),
        ("csp_policy", "default-src\nX-Frame-Options: ALLOW"),
        ("host", "http://0.0.0.0"),
        ("metrics_token", "with a blank"),
        ("keep_alive_seconds", 0),
    ],
)
def test_a_value_out_of_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        make_settings(**{name: value})


NUMBERS = [
    name
    for name, field in PlatformSettings.model_fields.items()
    if field.annotation in (int, float)
]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["inf", "nan", "1" + "0" * 30, "-1" + "0" * 30, "1e400"])
def test_a_number_that_no_clock_can_add_up_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        make_settings(**{name: value})


def test_settings_do_not_change() -> None:
    settings: Any = make_settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


def test_production_may_be_fine() -> None:
    assert make_settings(**PRODUCTION).refusals() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "sqlite:///x"),
        ("database_url", "postgresql://shop:password@db/shop"),
        ("log_level", "DEBUG"),
        ("trusted_hosts", "a,*"),
        ("cors_origins", "*"),
        ("public_url", "http://shop.example.com"),
        ("smtp_url", None),
        ("mail_from", "nobody@example.com"),
        ("jwt_secret", "a" * 64),
        ("jwt_secret", "changeme" * 8),
        ("jwt_secret", "0123456789abcdef0123456789abcdef"),
        ("jwt_secret", "please-set-your-own-secret-in-here"),
        ("trusted_proxies", "*"),
        ("trusted_proxies", "10.0.0.0/8, ::/0"),
        ("metrics_port", None),
        ("metrics_networks", "*"),
        ("metrics_token", "a" * 64),
        ("metrics_token", "short"),
    ],
)
def test_production_refuses_what_is_for_a_laptop(name: str, value: str) -> None:
    reasons = make_settings(**(PRODUCTION | {name: value})).refusals()

    assert {reason.partition(":")[0] for reason in reasons} == {name.upper()}
    assert make_settings(**{name: value, "environment": "development"}).refusals() == []


@pytest.mark.parametrize(
    "protection",
    [
        {"metrics_port": 9090},
        {"metrics_token": "Hq8vTz4KcW1nXs6Rb9LyGd3Mf0PjUe7A"},
        {"metrics_networks": "192.0.2.0/24, 2001:db8::/32"},
    ],
)
def test_production_protects_its_metrics_in_one_way_or_another(protection: dict[str, Any]) -> None:
    assert make_settings(**PRODUCTION | {"metrics_port": None} | protection).refusals() == []


@pytest.mark.parametrize("networks", ["10.0.0.0/8", "10.0.0.5", "::1, 10.0.0.0/28"])
def test_metrics_are_not_for_all_clients_of_a_proxy(networks: str) -> None:
    """One that leaves the header out would be all that is seen of them."""
    behind = PRODUCTION | {
        "metrics_port": None,
        "metrics_networks": networks,
        "trusted_proxies": "10.0.0.0/29, 2001:db8::1",
    }
    [reason] = make_settings(**behind).refusals()

    assert reason.startswith("METRICS_NETWORKS: has proxies")
    for other in ({"metrics_port": 9090}, {"trusted_proxies": "none"}):
        assert make_settings(**behind | other).refusals() == []


def test_metrics_are_not_on_the_port_of_clients() -> None:
    [reason] = make_settings(environment="development", metrics_port=8000).refusals()

    assert reason.startswith("METRICS_PORT: is PORT")


def test_several_workers_that_share_nothing_are_refused() -> None:
    [reason] = make_settings(environment="development", workers=2).refusals()

    assert reason.startswith("WORKERS: ")


def test_production_gives_all_its_reasons_at_once() -> None:
    laptop = {"environment": "production", "jwt_secret": "short", "cors_origins": "*"}

    names = {reason.partition(":")[0] for reason in make_settings(**laptop).refusals()}

    assert {"JWT_SECRET", "DATABASE_URL", "TRUSTED_HOSTS", "CORS_ORIGINS"} <= names


def test_production_refuses_secrets_that_are_equal_those_of_the_team_too() -> None:
    fine = TeamSettings(_env_file=None, jwt_secret=SecretStr(SECRET), **PRODUCTION)
    equal = fine.model_copy(update={"hook_secret": fine.jwt_secret})

    assert fine.refusals() == []
    assert equal.refusals() == ["JWT_SECRET, HOOK_SECRET: are equal"]


@pytest.mark.parametrize("make", [token_urlsafe, token_hex])
def test_a_secret_made_at_random_is_never_refused(make: Callable[[int], str]) -> None:
    secrets = [(f"SECRET_{number}", make(32)) for number in range(10_000)]

    assert find_short(secrets) + find_guessable(secrets) + find_equal(secrets) == []


@pytest.mark.parametrize(
    ("environment", "docs_enabled", "serves"),
    [
        ("production", None, False),
        ("development", None, True),
        ("production", True, True),
        ("development", False, False),
    ],
)
def test_production_serves_no_docs_unasked(
    environment: str, docs_enabled: bool | None, serves: bool
) -> None:
    settings = make_settings(environment=environment, docs_enabled=docs_enabled)

    assert settings.serves_docs is serves


def test_settings_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reload_settings()
    monkeypatch.setenv("PORT", "9000")
    assert get_settings().port == 8000

    assert reload_settings().port == 9000
    assert get_settings().port == 9000
