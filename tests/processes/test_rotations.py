"""Secrets change while a service runs, as docs/secrets.md has it, with its commands."""

import re
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.support.mail_server import MailServer, mail_server
from tests.support.processes import Process, app, prepare, serving
from tests.support.rendering import run
from tests.support.rolling import TOKEN, Statuses, failures, loaded, tokens
from tests.support.server_process import free_port
from tests.support.servers import Postgres, own_redis
from tests.support.services import EVERYTHING, Services

OLD, NEW, NEWER = (secrets.token_urlsafe(32) for _ in range(3))


@dataclass
class Deployment:
    """A service whose secrets are files, and the servers whose passwords they are."""

    service: Path
    files: Path
    admin_url: str
    role: str
    redis_port: int
    mail: MailServer
    environment: dict[str, str]
    seen: Statuses = field(default_factory=Counter)

    def give(self, **values: str) -> None:
        for name, value in values.items():
            (self.files / name).write_text(f"{value}\n", encoding="utf-8")

    @contextmanager
    def serving(self) -> Iterator[Process]:
        """Start a process, with requests to it until the block ends."""
        log = self.files.parent / f"log-{secrets.token_hex(4)}"
        with serving(self.service, log, app("serve"), **self.environment) as process:
            with loaded(process.client, self.seen):
                yield process
            assert process.stop() == 0
            assert "mail not delivered" not in log.read_text(encoding="utf-8")

    def database_url(self, role: str, password: str) -> str:
        url = urlsplit(self.admin_url)
        return url._replace(netloc=f"{role}:{password}@{url.hostname}:{url.port}").geturl()

    def redis_url(self, password: str) -> str:
        return f"redis://:{password}@127.0.0.1:{self.redis_port}/0"

    def administer_database(self, step: str, role: str, password: str) -> str:
        """Run what is documented for the role `app`, with its NEW password; return all results."""
        results: list[object] = []
        statements = self.documented("sql", step).replace("NEW", password)
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in re.sub(r"\bapp(_2)?\b", rf"{role}\1", statements).split(";"):
                if statement.strip():
                    done = connection.execute(statement.encode())
                    results += done.fetchall() if done.description else []
        return str(results)

    def administer_redis(self, step: str, before: str) -> None:
        command = self.documented("redis", step).replace("NEW", NEW).replace("OLD", OLD)
        with redis.Redis.from_url(self.redis_url(before)) as client:
            assert client.execute_command(*command.split()) in ("OK", b"OK")

    def documented(self, language: str, step: str) -> str:
        """Return the block of code that begins with this."""
        text = (self.service / "docs/secrets.md").read_text(encoding="utf-8")
        [found] = re.findall(rf"```{language}\n *({re.escape(step)}.*?)```", text, re.DOTALL)
        return str(found).removeprefix("# 1\n").removeprefix("# 3\n")


@pytest.fixture
def deployment(services: Services, postgres: Postgres, tmp_path: Path) -> Iterator[Deployment]:
    service = services.copied(EVERYTHING.answers, tmp_path / "service")
    # It has a JWT_SECRET, and a secret comes from one place.
    (service / ".env").unlink()
    (tmp_path / "secrets").mkdir()
    url = postgres.create_database()
    role, port = urlsplit(url).username or "", free_port()
    admin_url = urlsplit(postgres.admin_url)._replace(path=f"/{role}").geturl()
    with own_redis(port), mail_server(tmp_path) as mail:
        environment = {
            "ENVIRONMENT": "development",
            "SECRETS_DIR": str(tmp_path / "secrets"),
            "SSL_CERT_FILE": str(mail.roots),
            "TRUSTED_PROXIES": "127.0.0.1",
            "RATE_LIMIT_ENABLED": "false",
        }
        deployment = Deployment(
            service, tmp_path / "secrets", admin_url, role, port, mail, environment
        )
        mail.sent[OLD] = 0
        redis.Redis(port=port).config_set("requirepass", OLD)
        deployment.give(
            database_url=url,
            redis_url=deployment.redis_url(OLD),
            smtp_url=mail.url(OLD),
            metrics_token=OLD,
            jwt_secret=OLD,
        )
        prepare(service, EVERYTHING, environment)
        yield deployment
    with psycopg.connect(admin_url) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {role}_2".encode())


def status(process: Process, path: str, token: str) -> int:
    return process.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_secrets_change_without_a_failed_request_and_at_once_after_a_leak(
    deployment: Deployment,
) -> None:
    old_url = (deployment.files / "database_url").read_text().strip()
    other = f"{deployment.role}_2"
    with ExitStack() as first, ExitStack() as second, ExitStack() as third:
        process = first.enter_context(deployment.serving())
        before = tokens(process.client)
        assert status(process, "/metrics", OLD) == 200

        deployment.administer_database("-- 1", deployment.role, NEW)
        deployment.administer_redis("# 1", OLD)
        deployment.mail.sent[NEW] = 0
        deployment.give(
            database_url=deployment.database_url(other, NEW),
            redis_url=deployment.redis_url(NEW),
            smtp_url=deployment.mail.url(NEW),
            metrics_token=NEW,
            jwt_previous_secrets=NEW,
        )
        process = second.enter_context(deployment.serving())
        first.close()
        deployment.administer_database("-- 3", deployment.role, NEW)
        deployment.administer_redis("# 3", NEW)
        mails_by_old = deployment.mail.sent.pop(OLD)
        assert [status(process, "/metrics", token) for token in (OLD, NEW)] == [401, 200]

        deployment.give(jwt_secret=NEW, jwt_previous_secrets=OLD)
        newest = third.enter_context(deployment.serving())
        after = tokens(newest.client)
        for pair in (before, after):
            for each in (process, newest):
                assert status(each, "/api/v1/auth/me", pair["access_token"]) == 200
        second.close()
        third.close()

    assert failures(deployment.seen) == []
    assert mails_by_old > 0
    assert deployment.mail.sent[NEW] > 0
    with pytest.raises(psycopg.OperationalError), psycopg.connect(old_url):
        pass
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(deployment.redis_url(OLD)).ping()

    deployment.administer_database("ALTER ROLE app PASSWORD", other, NEWER)
    deployment.give(database_url=deployment.database_url(other, NEWER), jwt_secret=NEWER)
    (deployment.files / "jwt_previous_secrets").unlink()
    said = run(deployment.service, *app("revoke-sessions", "--everyone"), **deployment.environment)
    assert int(said.rpartition("sessions ended: ")[2]) > 1
    assert "sign_in" in deployment.administer_database("SELECT created_at", other, NEWER)
    with deployment.serving() as process:
        assert status(process, "/api/v1/auth/me", after["access_token"]) == 401
        form = {"grant_type": "refresh_token", "refresh_token": after["refresh_token"]}
        assert process.client.post(TOKEN, data=form).status_code == 400
