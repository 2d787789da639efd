"""Settings from arguments and from the environment; a bad one names itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import ConfigurationError, Idempotency, settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "IDEM_DSN"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_says_what_arguments_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDEM_DSN", "postgresql://from-idem")
    monkeypatch.setenv("DATABASE_URL", "postgresql://from-url")
    monkeypatch.setenv("IDEM_WAIT", "2.5")
    found = settings.load(wait=None)
    assert found.dsn is not None
    assert (found.dsn.get_secret_value(), found.wait) == ("postgresql://from-idem", 2.5)
    assert settings.load(wait=0).wait == 0


def test_database_url_is_the_store_where_no_dsn_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://from-url")
    assert "from-url" in str(settings.load().dsn and settings.load().dsn.get_secret_value())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"retention": timedelta(hours=1)}, "retention: .*24 hours"),
        ({"wait": -1}, "wait"),
        ({"lease": timedelta(0)}, "lease"),
        ({"cap": 0}, "cap"),
        ({"table": ""}, "table"),
        ({"profile": "other"}, "profile"),
        ({"replay_headers": ("Set-Cookie",)}, "replay_headers: .*never replayed"),
        ({"secrets": {"a:b": "x" * 16}}, "secrets: .*'a:b'"),
        ({"secrets": {"-": "x" * 16}}, "secrets"),
        ({"secrets": {"": "x" * 16}}, "secrets"),
        ({"secrets": {"a": "short"}}, "secrets: .*16 characters"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_bad_value_names_itself_and_shows_no_secret(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        settings.load(dsn="postgresql://u:hunter2@h/d", **given)
    assert "hunter2" not in str(refused.value)
    assert "short" not in str(refused.value)


def test_secrets_are_not_printed() -> None:
    found = settings.load(dsn="postgresql://u:hunter2@h/d", secrets={"2025": "correct horse battery"})
    assert "hunter2" not in repr(found)
    assert "horse" not in repr(found)
    assert settings.secret_bytes(found.secrets) == {"2025": b"correct horse battery"}


def test_without_a_store_nothing_is_set_up() -> None:
    with pytest.raises(ConfigurationError, match="no store: give a DSN or pool"):
        Idempotency()


def test_a_pool_has_to_be_one() -> None:
    with pytest.raises(ConfigurationError, match=r"pool=…"):
        Idempotency(pool="postgresql://x")


def test_a_handler_needs_a_pool_of_its_colour() -> None:
    only_sync = Idempotency(pool=ConnectionPool("postgresql://x", open=False))
    only_async = Idempotency(pool=AsyncConnectionPool("postgresql://x", open=False))
    assert only_sync.sync_store().pool is only_sync.pools.sync()
    assert only_async.async_store().pool is only_async.pools.asynchronous()
    with pytest.raises(ConfigurationError, match="async, but pool=… has no async pool"):
        only_sync.async_store()
    with pytest.raises(ConfigurationError, match="sync, but pool=… has no sync pool"):
        only_async.sync_store()


def test_one_pool_of_each_colour_may_be_given() -> None:
    both = (ConnectionPool("postgresql://x", open=False), AsyncConnectionPool("postgresql://x", open=False))
    idem = Idempotency(pool=both)
    assert (idem.pools.sync(), idem.pools.asynchronous()) == both
    idem.close()
