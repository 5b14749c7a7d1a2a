"""Tests notice when a safeguard is taken out: each mutation has its test."""

from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.servers import Postgres
from tests.support.services import EVERYTHING, Services
from tests.support.suites import fails


@dataclass(frozen=True)
class Mutation:
    """What is taken out of a file, what comes in its place, and the test that says so.

    One of tests/service, or one that the service has itself, in tests/platform.
    """

    path: str
    old: str
    new: str
    test: str
    on_postgresql: bool = False


MUTATIONS = {
    "the criterion of statements": Mutation(
        "app/db/isolation.py",
        "    state.statement = state.statement.options(criterion)\n",
        "",
        "tests/platform/test_tenants.py::test_no_statement_reaches_a_row_of_another_tenant",
    ),
    "the tables that are not read below the session": Mutation(
        "app/db/below_session.py",
        "            refuse_scoped_tables(self._statement)\n",
        "",
        "db/test_below_session.py::test_tables_of_tenants_are_refused",
    ),
    "the transactions after a row that was read alone": Mutation(
        "app/db/session.py",
        "        driver_connection.autocommit = False\n",
        "        pass\n",
        "db/test_below_session.py::test_a_connection_that_read_alone_has_transactions_again",
        on_postgresql=True,
    ),
    "the tenant that a list names": Mutation(
        "app/db/tenant_rows.py",
        "statement.where(table.c[TENANT] == bindparam(TENANT, type_=Uuid))",
        "statement",
        "db/test_tenant_rows.py::test_a_tenant_reads_its_rows",
    ),
    "the tenant of the session, whatever a list is given": Mutation(
        "app/db/tenant_rows.py",
        "{**values, TENANT: sync.info[TENANT]}",
        "{TENANT: sync.info[TENANT], **values}",
        "db/test_tenant_rows.py::test_a_tenant_reads_its_rows",
    ),
    "the one table that a list may read below the session": Mutation(
        "app/db/tenant_rows.py",
        " and element is not statement and element != table\n",
        " and False\n",
        "db/test_tenant_rows.py::test_a_select_without_its_tenant_is_refused",
    ),
    "the end of a remembered token": Mutation(
        "app/core/credentials/jwt.py",
        " or signed.ends <= now - LEEWAY_SECONDS",
        "",
        "core/credentials/test_verified_tokens.py::test_a_token_expires_all_the_same",
    ),
    "the end of a commit": Mutation(
        "app/db/unbroken.py",
        "        return await asyncio.shield(work)\n",
        "        return await work\n",
        "db/test_session.py::test_a_commit_is_not_broken_off",
    ),
    "the calls after a commit that was cancelled": Mutation(
        "app/db/session.py",
        "                await make_calls(committing.result())\n",
        "                pass\n",
        "db/test_session.py::test_a_commit_is_not_broken_off",
    ),
    "the check of written rows": Mutation(
        "app/db/isolation.py",
        "    if {row.tenant_id, *was_in} != {tenant_id}:\n",
        "    if False:\n",
        "db/test_isolation.py::test_rows_of_another_tenant_are_not_written",
    ),
    "the policy that binds the owner": Mutation(
        "app/db/rls.py",
        """        "ALTER TABLE {} FORCE ROW LEVEL SECURITY",\n""",
        "",
        "db/test_rls.py::test_a_transaction_sees_the_rows_of_its_tenant",
        on_postgresql=True,
    ),
    "the words of our own": Mutation(
        "app/core/settings/urls.py",
        "        _check_place(each, needs_host=needs_host)\n",
        "        urlsplit(url).port\n",
        "core/settings/test_secrets.py::test_no_message_holds_a_part_of_a_value",
    ),
    "the representation without secrets": Mutation(
        "app/core/settings/mail.py",
        "Field(default=None, repr=False)",
        "None",
        "core/settings/test_secrets.py::test_the_walk_knows_the_secrets",
    ),
    "the token of the metrics": Mutation(
        "app/core/metrics/access.py",
        'hmac.compare_digest(authorization.encode("latin-1"), expected)',
        'authorization.startswith("Bearer ")',
        "core/metrics/test_access.py::test_a_token_has_to_be_the_one",
    ),
    "the mails that no series tells of": Mutation(
        "app/services/mailer.py",
        "    if mail.is_counted:\n",
        "    if True:\n",
        "api/test_untold.py::test_no_series_tells_who_has_an_account",
    ),
    "the drain before the end": Mutation(
        "app/commands/server.py",
        "call_soon_threadsafe(self._drain)",
        "call_soon_threadsafe(self._stop)",
        "commands/test_server.py::test_requests_are_served_while_the_process_drains",
    ),
    "the place that a request leaves": Mutation(
        "app/middleware/concurrency.py",
        "            self._in_progress -= 1\n",
        "            pass\n",
        "middleware/test_concurrency.py::test_each_request_leaves_its_place",
    ),
    "the one process of uvicorn": Mutation(
        "app/commands/server.py",
        "        workers=1,\n",
        "",
        "commands/test_serving.py::test_uvicorn_looks_nothing_up",
    ),
    "the revocation that survives": Mutation(
        "app/auth/refresh.py",
        "    async with independent_transaction(session) as own:\n",
        "    async with session.begin_nested() as _, session.no_autoflush as own:\n",
        "auth/test_refresh.py::test_a_later_use_ends_the_session",
    ),
    "the turns of those who change members": Mutation(
        "app/services/tenants.py",
        "    tenant = await get_tenant(session, actor, locks=True)\n    await require",
        "    tenant = await get_tenant(session, actor)\n    await require",
        "api/test_members.py::test_a_member_is_judged_as_they_are_when_it_is_their_turn",
        on_postgresql=True,
    ),
    "the role that is read again under the lock": Mutation(
        "app/services/authority.py",
        "if current is None or _rights_of(current) != _rights_of(actor):",
        "if current is None:",
        "services/test_authority.py::test_a_demotion_leaves_no_invitation_of_a_request_in_flight",
        on_postgresql=True,
    ),
    "the permission of the inviting member": Mutation(
        "app/services/invitations.py",
        "role in PLATFORM_GRANTS[INVITATIONS_WRITE] and ",
        "",
        "services/test_authority.py::test_an_invitation_takes_the_permission_of_who_made_it",
    ),
    "the rows of a taken address": Mutation(
        "app/services/accounts.py",
        "    async with savepoint(session, keeps=not is_taken):\n",
        "    async with savepoint(session, keeps=True):\n",
        "api/test_accounts.py::test_an_existing_user_is_told_by_mail",
    ),
    "the fresh memberships of a claimed account": Mutation(
        "app/services/accounts.py",
        "    await memberships.delete_all_of(session, user_id)\n",
        "",
        "services/test_unproven_addresses.py::test_a_reset_begins_with_a_fresh_tenant",
    ),
    "the turns of those who change a row": Mutation(
        "app/crud/tenants.py",
        """    with_lock = {"key_share": True} if locks else None\n""",
        "    with_lock = None\n",
        "api/test_versions.py::test_writers_without_a_condition_take_turns",
        on_postgresql=True,
    ),
    "the version that a change is meant for": Mutation(
        "app/core/http/preconditions.py",
        "        if self.etags is not None and etag not in self.etags:\n",
        "        if False:\n",
        "api/test_versions.py::test_a_stale_version_is_refused",
    ),
    "the lock of a request that may come twice": Mutation(
        "app/services/idempotency.py",
        "    if not await idempotency_keys.lock(session, **asdict(attempt)):\n",
        "    if False:\n",
        "api/test_idempotency.py::test_requests_at_once_take_effect_once",
        on_postgresql=True,
    ),
    "the caller of a stored response": Mutation(
        "app/crud/idempotency_keys.py",
        "            IdempotencyKey.actor_id == actor_id,\n",
        "",
        "api/test_idempotency.py::test_a_key_of_another_caller_replays_nothing",
    ),
    "the hash for an unknown user": Mutation(
        "app/core/security.py",
        "    _context.verify(secret, _DUMMY_HASH)\n",
        "",
        "core/test_security.py::test_a_verification_costs_one_hash",
    ),
    "the end of waiting for a lock": Mutation(
        "app/db/migrations/connection.py",
        """    "lock_timeout": "5s",\n""",
        "",
        "db/migrations/test_connection.py",
        on_postgresql=True,
    ),
    "the branch that a newer release has left behind": Mutation(
        "app/db/migrations/revisions.py",
        "            return {head for head in missing if known & self._with_ancestors({head})}\n",
        "            return set()\n",
        "db/migrations/test_head.py::test_missing_revisions_are_named",
    ),
    "the peer that must be trusted": Mutation(
        "app/middleware/trusted_proxies.py",
        "        if self._proxies and peer and is_in(peer[0], self._proxies):\n",
        "        if peer:\n",
        "middleware/test_trusted_proxies.py::test_other_addresses_are_not_trusted",
    ),
    "the control characters that a proxy's rule does not see": Mutation(
        "app/middleware/head_limits.py",
        '_IN_PATH.search(scope["path"]) or ',
        "",
        "middleware/test_head_limits.py",
    ),
    "the address that counts where no token is taken": Mutation(
        "app/middleware/rate_limit.py",
        "if not self._limits.counts_by_address(exchange.method, exchange.path):",
        "if True:",
        "middleware/test_rate_limit.py",
    ),
    "the number of values that JSON may have": Mutation(
        "app/core/http/strict_json.py",
        "    _check_outline(text, limits)\n",
        "",
        "core/http/test_strict_json.py",
    ),
    "the tenant in the key of a cached value": Mutation(
        "app/cache/read_through.py",
        'f"{tenant_id}:{name}"',
        "name",
        "cache/test_read_through.py::test_tenants_do_not_load_for_each_other",
    ),
    "the fate of a call when its transaction is rolled back": Mutation(
        "app/db/after_commit.py",
        "        session.info.pop(_CALLS, None)\n",
        "        pass\n",
        "db/test_after_commit.py::test_a_session_that_begins_anew_forgets_its_calls",
    ),
    "the sessions that a first transaction leaves": Mutation(
        "app/services/bootstrap.py",
        "    while count:\n",
        "    while revoked < batch and count:\n",
        "test_revoke_command.py::test_it_takes_as_many_transactions_as_it_needs",
    ),
    "the one source of a secret": Mutation(
        "app/core/settings/secret_files.py",
        "                if len(sources) > 1:\n",
        "                if False:\n",
        "core/settings/test_secret_files.py::test_two_places_of_one_secret_are_refused",
    ),
    "the path that may be a secret itself": Mutation(
        "app/core/settings/secret_files.py",
        "if path.parent == path.parent.parent or not _is_folder(path.parent):",
        "if False:",
        "core/settings/test_secret_files.py::test_a_secret_in_place_of_its_path_is_not_shown",
    ),
    "the values in a statement that a trace shows": Mutation(
        "app/tracing/statements.py",
        '    shown = _LITERAL.sub("?", statement)\n',
        "    shown = statement\n",
        "tracing/test_statements.py::test_no_value_in_a_statement_is_shown",
    ),
    "the ids that a span shares with the log": Mutation(
        "app/tracing/provider.py",
        "int(trace.span_id, 16)",
        "super().generate_span_id()",
        "middleware/test_server_spans.py::test_a_recorded_request_has_one_span",
    ),
    "the one response for every refusal": Mutation(
        "app/auth/password_sign_in.py",
        "    return invalid_grant()\n",
        "    return invalid_grant() if candidate else OAuthError('invalid_grant', 'Unknown')\n",
        "auth/test_password_sign_in.py::test_no_response_tells_who_has_an_account",
    ),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutation_has_its_place(mutation: Mutation, services: Services) -> None:
    """Told in a second, in `make quick` as well, when code has moved."""
    text = (services.rendered(EVERYTHING.answers) / mutation.path).read_text(encoding="utf-8")

    assert text.count(mutation.old) == 1


@pytest.fixture(scope="module")
def service(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to break, which runs in the environment of the original."""
    installed = services.installed(EVERYTHING.answers)
    place = tmp_path_factory.mktemp("mutations") / "service"
    return Path(copytree(installed, place, symlinks=True))


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutation_is_noticed(mutation: Mutation, service: Path, postgres: Postgres) -> None:
    path = service / mutation.path
    text = path.read_text(encoding="utf-8")
    environment = {}
    if mutation.on_postgresql:
        environment["TEST_DATABASE_URL"] = postgres.create_database()
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        # Of requests at once none may overlap, on a busy machine.
        assert any(fails(service, mutation.test, **environment) for _ in range(3))
    finally:
        path.write_text(text, encoding="utf-8")
