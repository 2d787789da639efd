"""django-idempotency-key with its cache storage and its lock for several processes, both on Redis.

https://github.com/yoyowallet/django-idempotency-key#settings. The lock's time to live is a setting of its own: without one, a process
that is killed keeps everybody out.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

from benchmarks.compare.peers import bank

_dsn = urlsplit(bank.DSN)
settings.configure(
    SECRET_KEY="only for this comparison",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    MIDDLEWARE=["idempotency_key.middleware.IdempotencyKeyMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _dsn.path[1:],
            "USER": _dsn.username,
            "HOST": _dsn.hostname,
            "PORT": _dsn.port,
        }
    },
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": bank.REDIS}},
    IDEMPOTENCY_KEY={
        "CONFLICT_STATUS_CODE": None,  # a replay has the status of the original, not the default 409
        "STORAGE": {"CLASS": "idempotency_key.storage.CacheKeyStorage", "CACHE_NAME": "default"},
        "LOCK": {
            "CLASS": "idempotency_key.locks.redis.MultiProcessRedisLock",
            "LOCATION": bank.REDIS,
            "NAME": "bank",
            "TTL": bank.LEASE,
            "ENABLE": True,
            "TIMEOUT": 0.1,
        },
    },
)
django.setup()


class Statements:
    """psycopg's ``execute`` with a cursor of Django's."""

    def execute(self, statement: str, values: tuple[Any, ...]) -> Any:
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return cursor


def transfers(request: HttpRequest) -> JsonResponse:
    with transaction.atomic():
        answer = bank.transfer(Statements(), request.headers["authorization"], json.loads(request.body))
    return JsonResponse(answer)


def payouts(request: HttpRequest) -> JsonResponse:
    return JsonResponse(bank.payout(json.loads(request.body)))


def alive(_: HttpRequest) -> JsonResponse:
    return JsonResponse({})


urlpatterns = [path("transfers", transfers), path("payouts", payouts), path("openapi.json", alive)]
wsgi = get_wsgi_application()
