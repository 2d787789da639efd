"""A Django project of the tests: its settings are given to Django once for a process, when a database is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from idem_runtime import Idempotency
from tests.runtime.adapters import serve
from tests.runtime.adapters.contract import CAP
from tests.runtime.postgres import free_port

POOLS = django.VERSION >= (5, 1)
MIDDLEWARE = "idem_runtime.adapters.django.IdempotencyMiddleware"


def tenant(request: Any) -> str:
    return str(request.headers.get("x-tenant", ""))


idem = Idempotency(using="default", principal=tenant, cap=CAP, wait=1)


def database(dsn: str, **more: Any) -> dict[str, Any]:
    """An entry of ``DATABASES``."""
    said = conninfo_to_dict(dsn)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said["dbname"],
        "USER": said["user"],
        "HOST": said["host"],
        "PORT": str(said["port"]),
        **more,
    }


def set_up(dsn: str) -> None:
    """Begin: once for a process, which has one database."""
    if settings.configured:
        return
    settings.configure(
        SECRET_KEY="a secret of the tests",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.runtime.adapters.django_project.urls",
        DATABASES={
            "default": database(dsn),
            "other": database(dsn),
            "lite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "nowhere": database(f"postgresql://postgres@127.0.0.1:{free_port()}/x"),
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.admin",
            "rest_framework",
            "ninja_extra",
            "idem_runtime.adapters.django",
            "tests.runtime.adapters.django_project",
        ],
        MIDDLEWARE=["tests.runtime.adapters.django_project.urls.AnswersPayment", MIDDLEWARE],
        IDEM_GUARD={"IDEMPOTENCY": "tests.runtime.adapters.django_project.idem", "REQUIRE_MARKS": True},
        USE_TZ=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # the quickest
        STATIC_URL="/static/",
        TEMPLATES=[],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
    )
    django.setup()


@contextmanager
def atomic_requests(dsn: str, on: bool) -> Iterator[None]:
    """Django as ``ATOMIC_REQUESTS`` says it."""
    from django.db import connections

    set_up(dsn)
    connections.settings["default"]["ATOMIC_REQUESTS"] = on
    try:
        yield
    finally:
        connections.settings["default"]["ATOMIC_REQUESTS"] = False
        idem.close()


@contextmanager
def without_its_store(dsn: str, atomic: bool) -> Iterator[None]:
    """The project where nobody answers its database."""
    from django.db import connections
    from django.test import override_settings

    set_up(dsn)
    connections.settings["nowhere"]["ATOMIC_REQUESTS"] = atomic
    stranded = Idempotency(using="nowhere", principal=tenant)
    try:
        with override_settings(IDEM_GUARD={"IDEMPOTENCY": stranded}):
            yield
    finally:
        connections.settings["nowhere"]["ATOMIC_REQUESTS"] = False
        stranded.close()


@contextmanager
def served(server: str) -> Iterator[serve.Client]:
    """The project on a server of this kind."""
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    serving = serve.wsgi(WSGIHandler()) if server == "wsgi" else serve.asgi(ASGIHandler(), lifespan="off")
    with serving as client:
        yield client


@contextmanager
def options(*, persistent: bool = False, **said: Any) -> Iterator[None]:
    """``OPTIONS`` of the database, for connections that are made from now on."""
    from django.db import connections

    connections["default"].close()
    known = connections.settings["default"]
    before = {name: known[name] for name in ("OPTIONS", "CONN_MAX_AGE")}
    known["OPTIONS"] = {name: value for name, value in said.items() if value}
    known["CONN_MAX_AGE"] = None if persistent else 0
    del connections["default"]
    try:
        yield
    finally:
        wrapper = connections["default"]
        wrapper.close()
        if hasattr(wrapper, "close_pool"):
            wrapper.close_pool()
        known.update(before)
        del connections["default"]


def urls_module() -> Any:
    """Where middleware of a test can be named."""
    from tests.runtime.adapters.django_project import urls

    return urls


def tables() -> None:
    """The tables of Django's own apps; the users are no one's when this returns."""
    from django.core.management import call_command
    from django.db import connection

    if "auth_user" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE auth_user, django_admin_log, django_session RESTART IDENTITY CASCADE")


ADMIN_TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


@contextmanager
def behind(port: int) -> Iterator[None]:
    """The database behind a pooler on ``port``, as Django wants it there."""
    from django.db import connections

    known = connections.settings["default"]
    before = {"PORT": known["PORT"], "DISABLE_SERVER_SIDE_CURSORS": False}
    connections["default"].close()
    known |= {"PORT": str(port), "DISABLE_SERVER_SIDE_CURSORS": True}
    connections["default"].settings_dict.update(known)
    fresh = Idempotency(using="default", principal=tenant, cap=CAP, wait=1)
    try:
        from django.test import override_settings

        with override_settings(IDEM_GUARD={"IDEMPOTENCY": fresh, "REQUIRE_MARKS": True}):
            yield
    finally:
        fresh.close()
        connections["default"].close()
        known |= before
        connections["default"].settings_dict.update(known)
