"""The settings: from arguments, else ``IDEM_*`` in the environment (``DATABASE_URL`` where no DSN is given).

Nothing here turns protection off. A bad value names itself (and its variable, where it is from the environment) and what
is allowed; secrets are never shown.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from idem_runtime import durations
from idem_runtime.durations import LONGEST_LEASE, LONGEST_RETENTION, LONGEST_WAIT, MINIMUM_RETENTION
from idem_runtime.encryption import checked_keys
from idem_runtime.errors import ConfigurationError
from idem_runtime.model import Isolation
from idem_runtime.replayed_headers import NEVER_REPLAYED, REPLAYED

PREFIX = "IDEM_"
LONGEST_IDENTIFIER = 63
"""Bytes that Postgres keeps of a name; it cuts the rest off without an error."""
LONGEST_TABLE = LONGEST_IDENTIFIER - len("_expiry_time")
"""Bytes: the names of the index and of the table of decisions are this one with a suffix."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")


def _identifier(name: str, longest: int = LONGEST_IDENTIFIER) -> str:
    if not name.isprintable() or not name:
        raise ValueError("a name without control characters, and not empty")
    size = len(name.encode())
    if size > longest:
        raise ValueError(f"{size} bytes in UTF-8, and at most {longest} can be used")
    return name


def _table_name(name: str) -> str:
    return _identifier(name, LONGEST_TABLE)


def _as_duration(value: object) -> object:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return durations.as_timedelta(float(value))  # what pydantic takes for ISO 8601 without its letters
    if isinstance(value, bool) or (isinstance(value, str) and not value.strip().upper().startswith("P")):
        raise ValueError("seconds (86400), or ISO 8601 (P1D, PT30S)")
    duration = durations.as_timedelta(value)
    if isinstance(duration, int | float):
        raise ValueError("a finite number of seconds, or a timedelta")  # noqa: TRY004 - pydantic tells of a ValueError
    return duration


def _as_list(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [name.strip() for name in value.split(",") if name.strip()]
    return _parsed_json(
        value, 'names with commas between them (content-type, etag), or JSON: ["content-type", "etag"]'
    )


def _as_mapping(value: object) -> object:
    return _parsed_json(value, 'JSON: {"2025": "a secret of 16 characters at least"}')


def _as_keys(value: object) -> object:
    return _parsed_json(value, 'JSON: {"2026": "32 bytes in base64"}')


def _parsed_json(value: object, allowed: str) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ValueError(allowed) from None


Duration = Annotated[timedelta, BeforeValidator(_as_duration)]
Schema = Annotated[str, AfterValidator(_identifier)]
TableName = Annotated[str, AfterValidator(_table_name)]


class Settings(BaseSettings):
    """The settings of an ``Idempotency``. Durations: a ``timedelta`` or seconds (as text ISO 8601, too); sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    dsn: SecretStr | None = None
    """Where the records are: a libpq connection string; default: ``IDEM_DSN``, then ``DATABASE_URL``."""
    schema_name: Schema | None = None
    """The schema of the table; default: the first one on the search path."""
    table: TableName = "idempotency_records"
    """The table's name: at most 51 bytes, because two other names are this one with a suffix."""
    wait: Annotated[Duration, Field(ge=timedelta(0), le=LONGEST_WAIT)] = timedelta(seconds=1)
    """How long a duplicate waits for the original before it is answered ``in_progress``."""
    retention: Annotated[Duration, Field(le=LONGEST_RETENTION)] = MINIMUM_RETENTION
    """How long a completed record is kept, 24 h at least (docs/decisions.md#retention)."""
    lease: Annotated[Duration, Field(gt=timedelta(0), le=LONGEST_LEASE)] = timedelta(seconds=30)
    """How long an external attempt is believed alive without a heartbeat."""
    cap: Annotated[int, Field(gt=0)] = 1_048_576
    """Bytes of the largest response body that is stored."""
    body_cap: Annotated[int, Field(gt=0)] = 10_485_760
    """Bytes of the largest request body that a marked handler gets: it is kept as long as the request may be run again."""
    retries: Annotated[int, Field(ge=0, le=50)] = 5
    """How often an execution is run again after a serialization failure or deadlock."""
    pool_size: Annotated[int, Field(gt=0)] = 10
    """Connections of a pool that is opened for ``dsn``."""
    pool_timeout: Annotated[Duration, Field(gt=timedelta(0))] = timedelta(seconds=5)
    """How long to wait for a connection of that pool."""
    store_timeout: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(minutes=10))] = timedelta(
        seconds=5
    )
    """How long the store may take to answer statements that are sent together, beside the wait for a key; then 503."""
    handler_timeout: Annotated[Duration, Field(ge=timedelta(milliseconds=1), le=timedelta(days=1))] = (
        timedelta(minutes=1)
    )
    """How long a local handler's transaction may sit idle before the server ends it. A lower limit of the server is kept."""
    profile: Literal["adr007", "ietf"] = "adr007"
    """``ietf``: a key with another payload answers 422 instead of 409."""
    isolation: Isolation | None = None
    """The level of the transactions that handlers get; default: what the pool's connections are set to, else read
    committed. Above that, a conflict runs the handler again."""
    strict: bool = False
    """A success that wrote nothing in our transaction is an error instead of a warning."""
    replay_headers: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_as_list)] = REPLAYED
    """Response headers that are stored and replayed; those of :data:`NEVER_REPLAYED` never are."""
    secrets: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_as_mapping)] = Field(
        default_factory=dict[str, SecretStr]
    )
    """Key id to secret for fingerprints; the first is current, the others are still compared against."""
    response_keys: Annotated[dict[str, SecretStr] | None, NoDecode, BeforeValidator(_as_keys)] = None
    """Key id to key (32 bytes, in base64), under which responses are stored; the first is current, the others still open."""

    @field_validator("retention")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < MINIMUM_RETENTION:
            raise ValueError("at least 24 hours")
        return value

    @field_validator("replay_headers")
    @classmethod
    def _replayable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.lower() for name in value)
        for name in names:
            if not _FIELD_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            if name in NEVER_REPLAYED:
                raise ValueError(f"{name} is never replayed: {NEVER_REPLAYED[name]}")
        return names

    @field_validator("response_keys")
    @classmethod
    def _usable_keys(cls, value: dict[str, SecretStr] | None) -> dict[str, SecretStr] | None:
        if value is None:
            return None
        if not value:
            raise ValueError("no key: leave it out where responses are to be stored as they are")
        checked_keys({kid: key.get_secret_value() for kid, key in value.items()})
        return value

    @field_validator("secrets")
    @classmethod
    def _usable_secrets(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for kid, secret in value.items():
            if not kid or ":" in kid or kid == "-" or len(secret.get_secret_value()) < 16:
                raise ValueError(
                    f"key id {kid!r}: a name without ':', and a secret of 16 characters at least"
                )
        return value


def load(**given: Any) -> Settings:
    """The settings from ``given`` (``None`` means not given) and the environment.

    :raises ConfigurationError: names each bad value by its path, or by its variable, without showing a secret.
    """
    arguments = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**arguments)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, arguments)) from None
    own = settings.dsn.get_secret_value() if settings.dsn else ""
    dsn = own or os.environ.get("DATABASE_URL", "")
    if dsn:
        return settings.model_copy(update={"dsn": SecretStr(connection_string(dsn))})
    return settings


def connection_string(dsn: str) -> str:
    """``dsn`` as libpq reads it: SQLAlchemy's form names a driver, whose own parameters libpq does not know.

    :raises ConfigurationError: it has such a parameter, with the form to write.
    """
    alchemy = re.match(r"postgres(?:ql)?\+(\w+)://", dsn)
    if alchemy is None:
        return dsn
    before, _, parameters = dsn[alchemy.end() :].partition("?")
    kept = [pair for pair in parameters.split("&") if pair]
    if alchemy[1] not in LIBPQ_DRIVERS:
        kept = [pair for pair in kept if pair.partition("=")[0] not in SQLALCHEMYS_OWN]
        unknown = {pair.partition("=")[0] for pair in kept} - {"application_name"}
        if unknown:
            raise ConfigurationError(
                f"the connection string is SQLAlchemy's for {alchemy[1]}, whose {', '.join(sorted(unknown))} libpq does "
                "not know: give Idempotency(dsn), or IDEM_DSN, as postgresql://user@host/database?sslmode=… as libpq has it"
            )
    return f"postgresql://{before}{'?' if kept else ''}{'&'.join(kept)}"


LIBPQ_DRIVERS = frozenset({"psycopg", "psycopg_async", "psycopg2"})
"""What SQLAlchemy calls the drivers whose parameters are libpq's."""
SQLALCHEMYS_OWN = frozenset({"prepared_statement_cache_size", "async_fallback"})
"""Parameters that say nothing about the connection."""


def _explain(error: ValidationError, arguments: Iterable[str]) -> str:
    """``arguments``: the settings that were given, not read from the environment."""
    problems: list[str] = []
    for problem in error.errors():
        field, *path = map(str, problem["loc"])
        name = field if field in arguments else f"{PREFIX}{field.upper()}"
        problems.append(f"{'.'.join((name, *path))}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(problems)


def secret_bytes(secrets: Mapping[str, SecretStr]) -> dict[str, bytes]:
    """The secrets as bytes, for fingerprints."""
    return {kid: secret.get_secret_value().encode() for kid, secret in secrets.items()}
