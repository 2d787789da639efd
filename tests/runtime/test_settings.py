"""Settings from arguments and from the environment; a bad one names itself."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from idem_runtime import ConfigurationError, Idempotency, settings
from idem_runtime.idempotency import runtime_of


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "IDEM_DSN"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_says_what_arguments_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDEM_DSN", "postgresql://from-idem")
    monkeypatch.setenv("DATABASE_URL", "postgresql://from-url")
    monkeypatch.setenv("IDEM_WAIT", "2.5")
    loaded = settings.load(wait=None)
    assert loaded.dsn is not None
    assert (loaded.dsn.get_secret_value(), loaded.wait) == ("postgresql://from-idem", timedelta(seconds=2.5))
    assert settings.load(wait=0).wait == timedelta(0)


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
        ({"body_cap": 0}, "body_cap"),
        ({"table": ""}, "table"),
        ({"profile": "other"}, "profile"),
        ({"replay_headers": ("Set-Cookie",)}, "replay_headers: .*never replayed"),
        *(
            ({"replay_headers": (name.title(),)}, f"replay_headers: .*{name} is never replayed")
            for name in settings.NEVER_REPLAYED
        ),
        ({"replay_headers": ("etag", "bad name")}, "replay_headers: .*'bad name' is no name"),
        ({"replay_headers": ("",)}, "replay_headers: .*'' is no name"),
        ({"secrets": {"a:b": "x" * 16}}, "secrets: .*'a:b'"),
        ({"secrets": {"-": "x" * 16}}, "secrets"),
        ({"secrets": {"": "x" * 16}}, "secrets"),
        ({"secrets": {"a": "short"}}, "secrets: .*16 characters"),
        ({"nonsense": 1}, "nonsense"),
        ({"table": "x" * 52}, "table: 52 bytes in UTF-8, and at most 51"),
        ({"table": "é" * 26}, "table: 52 bytes"),
        ({"table": "a\nb"}, "table: a name without control characters"),
        ({"schema_name": "é" * 32}, "schema_name: 64 bytes in UTF-8, and at most 63"),
        ({"schema_name": ""}, "schema_name: a name"),
        ({"lease": "1 minute"}, "lease: seconds .86400., or ISO 8601"),
        ({"lease": True}, "lease: seconds"),
        ({"retention": 1e30}, "retention"),
        ({"wait": float("nan")}, "wait"),
    ],
)
def test_a_bad_value_names_itself_and_shows_no_secret(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        settings.load(dsn="postgresql://u:hunter2@h/d", **given)
    assert "hunter2" not in str(refused.value)
    assert "short" not in str(refused.value)


ENVIRONMENT: list[tuple[str, str, object]] = [
    ("TABLE", "records of 100%", "records of 100%"),
    ("SCHEMA_NAME", "money", "money"),
    ("WAIT", "2.5", timedelta(seconds=2.5)),
    ("RETENTION", "172800", timedelta(days=2)),
    ("RETENTION", "P2D", timedelta(days=2)),
    ("LEASE", "30", timedelta(seconds=30)),
    ("LEASE", " 0.5 ", timedelta(seconds=0.5)),
    ("LEASE", "PT1M", timedelta(minutes=1)),
    ("CAP", "5", 5),
    ("BODY_CAP", "5", 5),
    ("RETRIES", "0", 0),
    ("POOL_SIZE", "3", 3),
    ("POOL_TIMEOUT", "1.5", timedelta(seconds=1.5)),
    ("STORE_TIMEOUT", "PT2.5S", timedelta(seconds=2.5)),
    ("HANDLER_TIMEOUT", "30", timedelta(seconds=30)),
    ("PROFILE", "ietf", "ietf"),
    ("ISOLATION", "serializable", "serializable"),
    ("STRICT", "true", True),
    ("REPLAY_HEADERS", "Content-Type, etag", ("content-type", "etag")),
    ("REPLAY_HEADERS", '["Link"]', ("link",)),
]


@pytest.mark.parametrize(("name", "text", "value"), ENVIRONMENT)
def test_every_setting_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"IDEM_{name}", text)
    assert getattr(settings.load(), name.lower()) == value


def test_no_setting_is_left_out_of_what_the_environment_is_tested_for() -> None:
    """``dsn``, ``secrets`` and ``response_keys`` are hidden, and so tested by themselves."""
    hidden = {"dsn", "secrets", "response_keys"}
    assert {name.lower() for name, _, _ in ENVIRONMENT} | hidden == set(settings.Settings.model_fields)


def test_secrets_from_the_environment_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDEM_SECRETS", '{"2026": "correct horse battery", "2025": "staple staple staple"}')
    secrets = settings.secret_bytes(settings.load().secrets)
    assert list(secrets) == ["2026", "2025"]
    assert secrets["2025"] == b"staple staple staple"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("SECRETS", "hunter2", 'IDEM_SECRETS: JSON: {"2025": '),
        ("SECRETS", '["hunter2"]', "IDEM_SECRETS: Input should be a valid dictionary"),
        ("SECRETS", '{"a": "hunter2"}', "IDEM_SECRETS: key id 'a'"),
        ("SECRETS", "", "IDEM_SECRETS: JSON"),
        ("REPLAY_HEADERS", "[hunter2", "IDEM_REPLAY_HEADERS: names with commas"),
        ("REPLAY_HEADERS", "etag,set-cookie", "IDEM_REPLAY_HEADERS: set-cookie is never replayed"),
        ("RETENTION", "3600", "IDEM_RETENTION: at least 24 hours"),
        ("LEASE", "soon", "IDEM_LEASE: seconds (86400), or ISO 8601 (P1D, PT30S)"),
        ("LEASE", "-1", "IDEM_LEASE: Input should be greater than"),
        ("LEASE", "9" * 400, "IDEM_LEASE"),
        ("LEASE", "Pxyz", "IDEM_LEASE"),
        ("CAP", "much", "IDEM_CAP: Input should be a valid integer"),
        ("PROFILE", "rfc", "IDEM_PROFILE: Input should be 'adr007' or 'ietf'"),
        ("ISOLATION", "chaos", "IDEM_ISOLATION: Input should be 'read committed'"),
        ("TABLE", "x" * 60, "IDEM_TABLE: 60 bytes"),
    ],
)
def test_a_bad_variable_names_itself_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, says: str
) -> None:
    monkeypatch.setenv(f"IDEM_{name}", text)
    with pytest.raises(ConfigurationError) as refused:
        settings.load()
    assert says in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_programs_may_give_durations_as_seconds() -> None:
    loaded = settings.load(lease=45, retention=90_000.5)
    assert (loaded.lease.total_seconds(), loaded.retention.total_seconds()) == (45, 90_000.5)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "postgresql+psycopg://me:a%40b@host:1/db?sslmode=require",
            "postgresql://me:a%40b@host:1/db?sslmode=require",
        ),
        ("postgresql+psycopg2://host/db", "postgresql://host/db"),
        ("postgres+asyncpg://host/db", "postgresql://host/db"),
        (
            "postgresql+asyncpg://host/db?prepared_statement_cache_size=0&application_name=bank",
            "postgresql://host/db?application_name=bank",
        ),
        ("postgresql://host/db?sslmode=require", "postgresql://host/db?sslmode=require"),
        ("host=here dbname=db", "host=here dbname=db"),
    ],
)
def test_a_connection_string_may_be_in_sqlalchemys_form(
    monkeypatch: pytest.MonkeyPatch, said: str, read: str
) -> None:
    given = settings.load(dsn=said)
    monkeypatch.setenv("DATABASE_URL", said)
    for known in (given, settings.load()):
        assert known.dsn is not None
        assert known.dsn.get_secret_value() == read


def test_parameters_of_another_driver_are_refused_with_the_form_to_write() -> None:
    with pytest.raises(ConfigurationError, match=r"asyncpg, whose ssl libpq .* postgresql://") as refused:
        settings.load(dsn="postgresql+asyncpg://me:secret@host/db?ssl=require")
    assert "secret" not in str(refused.value)


def test_an_empty_dsn_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDEM_DSN", "")
    monkeypatch.setenv("DATABASE_URL", "postgresql://from-url")
    dsn = settings.load().dsn
    assert dsn is not None
    assert dsn.get_secret_value() == "postgresql://from-url"


def test_secrets_are_not_printed() -> None:
    loaded = settings.load(dsn="postgresql://u:hunter2@h/d", secrets={"2025": "correct horse battery"})
    assert "hunter2" not in repr(loaded)
    assert "horse" not in repr(loaded)
    assert settings.secret_bytes(loaded.secrets) == {"2025": b"correct horse battery"}


def test_without_a_store_nothing_is_installed_or_used() -> None:
    idem = Idempotency()
    with pytest.raises(ConfigurationError, match="no store: give a DSN or pool"):
        idem.install()
    with pytest.raises(ConfigurationError, match="no store"):
        runtime_of(idem).sync_store()


def test_a_pool_has_to_be_one() -> None:
    with pytest.raises(ConfigurationError, match=r"pool=…"):
        Idempotency(pool="postgresql://x")


def test_a_handler_needs_a_pool_of_its_colour() -> None:
    only_sync = Idempotency(pool=ConnectionPool("postgresql://x", open=False))
    only_async = Idempotency(pool=AsyncConnectionPool("postgresql://x", open=False))
    assert runtime_of(only_sync).sync_store().pool is runtime_of(only_sync).pools.sync()
    assert runtime_of(only_async).async_store().pool is runtime_of(only_async).pools.asynchronous()
    with pytest.raises(ConfigurationError, match="async, but pool=… has no async pool"):
        runtime_of(only_sync).async_store()
    with pytest.raises(ConfigurationError, match="sync, but pool=… has no sync pool"):
        runtime_of(only_async).sync_store()


def test_one_pool_of_each_colour_may_be_given() -> None:
    both = (ConnectionPool("postgresql://x", open=False), AsyncConnectionPool("postgresql://x", open=False))
    idem = Idempotency(pool=both)
    assert (runtime_of(idem).pools.sync(), runtime_of(idem).pools.asynchronous()) == both
    idem.close()


def test_an_application_can_look_at_its_settings(dsn: str) -> None:
    idem = Idempotency(dsn, wait=2)
    assert (idem.settings.wait, "location" in idem.settings.replay_headers) == (timedelta(seconds=2), True)


def test_whoever_copies_what_refers_to_an_idempotency_gets_the_same() -> None:
    idem = Idempotency("postgresql://nowhere.invalid/")
    assert copy.copy(idem) is idem
    assert copy.deepcopy([idem.connection])[0].__self__ is idem
