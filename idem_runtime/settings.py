"""The settings: from arguments, else ``IDEM_*`` in the environment (``DATABASE_URL`` where no DSN is given).

Nothing here turns protection off. A bad value names itself and what is allowed; secrets are never shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MINIMUM_RETENTION
from idem_runtime.model import Isolation

Name = Annotated[str, Field(min_length=1, max_length=63)]


class Settings(BaseSettings):
    """What an ``Idempotency`` can be told. Durations in seconds (or ISO 8601), sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="IDEM_", extra="forbid", frozen=True)

    dsn: SecretStr | None = None
    """Where the records are: a libpq connection string; default: ``IDEM_DSN``, then ``DATABASE_URL``."""
    schema_name: Name | None = None
    """The schema of the table; default: the first one on the search path."""
    table: Name = "idempotency_records"
    """The table's name (ADR-066)."""
    wait: Annotated[float, Field(ge=0, le=60)] = 1.0
    """Seconds a duplicate waits for the original before it is answered ``in_progress``."""
    retention: timedelta = MINIMUM_RETENTION
    """How long a completed record is kept, 24 h at least (ADR-007)."""
    lease: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(seconds=30)
    """How long an external attempt is believed alive without a heartbeat."""
    cap: Annotated[int, Field(gt=0)] = 1_048_576
    """Bytes of the largest response body that is stored."""
    retries: Annotated[int, Field(ge=0, le=50)] = 5
    """How often an execution is run again after a serialization failure or deadlock."""
    pool_size: Annotated[int, Field(gt=0)] = 10
    """Connections of a pool that is opened for ``dsn``."""
    pool_timeout: Annotated[float, Field(gt=0)] = 5.0
    """Seconds to wait for a connection of that pool."""
    profile: Literal["adr007", "ietf"] = "adr007"
    """``ietf``: a key with another payload answers 422 instead of 409."""
    isolation: Isolation | None = None
    """The level of the transactions that handlers get; default: what the pool's connections are set to, else read
    committed. Above that, a conflict runs the handler again."""
    strict: bool = False
    """A success that wrote nothing in our transaction is an error instead of a warning."""
    replay_headers: tuple[str, ...] = (
        "content-type",
        "content-encoding",
        "content-language",
        "content-disposition",
        "location",
        "link",
        "etag",
        "vary",
        "retry-after",
        "www-authenticate",
    )
    """Response headers that are stored and replayed; ``set-cookie`` never is."""
    secrets: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """Key id to secret for fingerprints; the first is current, the others are still compared against."""

    @field_validator("retention")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < MINIMUM_RETENTION:
            raise ValueError("at least 24 hours (ADR-007)")
        return value

    @field_validator("replay_headers")
    @classmethod
    def _no_cookies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.lower() for name in value)
        if "set-cookie" in names:
            raise ValueError(
                "set-cookie is never replayed: it would hand one caller's session to another request"
            )
        return names

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

    :raises ConfigurationError: names each bad value by its path, without showing a secret.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from None
    if settings.dsn is None and os.environ.get("DATABASE_URL"):
        return settings.model_copy(update={"dsn": SecretStr(os.environ["DATABASE_URL"])})
    return settings


def _explain(error: ValidationError) -> str:
    problems = (f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}" for each in error.errors())
    return "; ".join(problems)


def secret_bytes(secrets: Mapping[str, SecretStr]) -> dict[str, bytes]:
    """The secrets as the fingerprint takes them."""
    return {kid: secret.get_secret_value().encode() for kid, secret in secrets.items()}
