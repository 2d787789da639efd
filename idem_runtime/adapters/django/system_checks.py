"""``manage.py check``: whether the adapter is in force, and which views of money have no mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.db import router
from django.db.models import Model
from django.urls import get_resolver

from idem_runtime.adapters.django import configuration, routes
from idem_runtime.adapters.django.request import plain_route
from idem_runtime.errors import ConfigurationError
from idem_runtime.runtime import Runtime
from idem_runtime.startup.required_marks import RequiredMarks
from idem_runtime.startup.route_checks import Checks

MIDDLEWARE = "idem_runtime.adapters.django.IdempotencyMiddleware"
DOMAINS = "adr007"
"""The words of money where ``REQUIRE_MARKS`` says no others: those that the linter has without configuration."""


def check(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """What is wrong, each with its remedy."""
    del app_configs  # the URLconf is the project's, whichever apps are checked
    try:
        runtime = configuration.runtime()
        options = configuration.options()
    except ConfigurationError as error:
        return [Error(str(error), hint=configuration.EXAMPLE, id="idem_guard.E001")]
    return [
        *_of_middleware(),
        *_of_database(runtime),
        *_of_views(runtime, options),
        *_of_models(str(runtime.using)),
    ]


def _of_middleware() -> Iterator[CheckMessage]:
    if not settings.MIDDLEWARE or settings.MIDDLEWARE[-1] != MIDDLEWARE:
        wrong = "is missing: every @money_moving view is refused"
        if MIDDLEWARE in settings.MIDDLEWARE:
            wrong = "is not the last of MIDDLEWARE: what stands below may run twice and see answers that are not sent"
        yield Error(
            f"{MIDDLEWARE} {wrong}",
            hint=f'MIDDLEWARE = [..., "{MIDDLEWARE}"]',
            id="idem_guard.E002",
        )


def _of_database(runtime: Runtime) -> Iterator[CheckMessage]:
    try:
        runtime.pools.sync()
        pool: Any = runtime.pools.sync()
        pool.check(pool.wrapper)
    except ConfigurationError as error:
        yield Error(str(error), id="idem_guard.E003")


def _of_views(runtime: Runtime, options: dict[str, Any]) -> Iterator[CheckMessage]:
    try:
        found = list(routes.endpoints(get_resolver()))
    except ConfigurationError as error:
        yield Error(str(error), id="idem_guard.E004")
        return
    try:
        Checks.of(runtime, options).run(found)
    except ConfigurationError as error:
        yield Error(str(error), id="idem_guard.E004")
    if "require_marks" not in options:
        try:
            RequiredMarks(DOMAINS).check(found, complete=True)
        except ConfigurationError as error:
            hint = "mark them; REQUIRE_MARKS in IDEM_GUARD chooses other words, and makes this an error"
            yield Warning(str(error), hint=hint, id="idem_guard.W001")


def _of_models(using: str) -> Iterator[CheckMessage]:
    """Models of money-moving class views whose rows a router puts into another database."""
    for route, answering in routes.rows(get_resolver()):
        model = _model_of(answering.owner)
        local = answering.mark is not None and answering.mark.effect == "local"
        if local and model is not None and (alias := router.db_for_write(model)) != using:
            yield Warning(
                f"{plain_route(route)}: {model.__qualname__} is written in the database {alias!r}, which commits by "
                f"itself, and the record in {using!r}",
                hint="Idempotency(using=…) has to be the database of the money",
                id="idem_guard.W002",
            )


def _model_of(owner: Any) -> type[Model] | None:
    queryset, serializer = getattr(owner, "queryset", None), getattr(owner, "serializer_class", None)
    model = getattr(owner, "model", None) or getattr(queryset, "model", None)
    return model or getattr(getattr(serializer, "Meta", None), "model", None)
