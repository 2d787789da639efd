"""``IDEM_GUARD`` in Django's settings: which ``Idempotency`` serves this project, and what is checked of its views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from idem_runtime.errors import ConfigurationError
from idem_runtime.idempotency import Idempotency, runtime_of
from idem_runtime.runtime import Runtime

SETTING = "IDEM_GUARD"
EXAMPLE = 'IDEM_GUARD = {"IDEMPOTENCY": "bank.money.idem"}'
OPTIONS = ("IDEMPOTENCY", "REQUIRE_MARKS", "INVENTORY")


def said() -> Mapping[str, Any]:
    """What the setting says.

    :raises ConfigurationError: nothing, or an option that there is not.
    """
    found = getattr(settings, SETTING, None)
    if not isinstance(found, dict) or "IDEMPOTENCY" not in found:
        raise ConfigurationError(
            f"{SETTING} is missing in Django's settings, or says no IDEMPOTENCY: the dotted name of "
            f"Idempotency(using='default', principal=…), as in {EXAMPLE}"
        )
    unknown = [name for name in found if name not in OPTIONS]  # pyright: ignore[reportUnknownVariableType] - of any dict
    if unknown:
        raise ConfigurationError(f"{SETTING} has no {unknown[0]!r}: known are {', '.join(OPTIONS)}")
    return found  # pyright: ignore[reportUnknownVariableType] - as above


def runtime() -> Runtime:
    """Of the ``Idempotency`` that the setting names.

    :raises ConfigurationError: it names none, or one that is not on a database of Django's.
    """
    named = said()["IDEMPOTENCY"]
    try:
        found = import_string(named) if isinstance(named, str) else named
    except ImportError as error:
        raise ConfigurationError(f"{SETTING}['IDEMPOTENCY']: {error}") from error
    if not isinstance(found, Idempotency):
        raise ConfigurationError(f"{SETTING}['IDEMPOTENCY'] = {named!r} is no Idempotency")
    own = runtime_of(found)
    if own.using is None:
        raise ConfigurationError(
            f"{SETTING}['IDEMPOTENCY'] = {named!r}: in Django it is Idempotency(using='default', …), which joins "
            "Django's own transaction, in place of a DSN or pool="
        )
    if own.table.name != "idempotency_records" or own.settings.schema_name is not None:
        raise ConfigurationError(
            f"{SETTING}['IDEMPOTENCY'] = {named!r}: Django's migration makes the table idempotency_records: leave "
            "table= and schema= (IDEM_TABLE, IDEM_SCHEMA_NAME) out"
        )
    return own


def options() -> dict[str, Any]:
    """What start-up checks of the views, as :class:`idem_runtime.startup.route_checks.Checks` takes it."""
    found = said()
    return {name.lower(): found[name] for name in ("REQUIRE_MARKS", "INVENTORY") if name in found}
