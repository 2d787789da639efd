"""Views of one test as a Django project, asked by Django's own test client."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from idem_runtime import Idempotency
from tests.runtime.adapters import django_project
from tests.runtime.adapters.django_project import MIDDLEWARE, tenant

_numbers = itertools.count()


class Site:
    """A project of its own URLconf; every request is alice's with the key ``k`` unless told otherwise."""

    def __init__(self, enforce_csrf: bool = False) -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False, enforce_csrf_checks=enforce_csrf)

    def post(
        self,
        path: str = "/t",
        key: str | None = "k",
        *,
        who: str = "alice",
        method: str = "post",
        **more: Any,
    ) -> Any:
        headers = {"x-tenant": who, **more.pop("headers", {})}
        if key is not None:
            headers["idempotency-key"] = key
        if not {"data", "content_type"} & set(more):
            more |= {"data": {"amount": 5}, "content_type": "application/json"}
        return getattr(self.client, method)(path, headers=headers, **more)


@contextmanager
def site(
    dsn: str,
    *views: Any,
    idem: Idempotency | None = None,
    middleware: Sequence[str] = (),
    atomic: bool = False,
    guard: Any = None,
    client: dict[str, Any] | None = None,
    **settings: Any,
) -> Iterator[Site]:
    """A project; ``views``: patterns, or one view at ``/t``."""
    django_project.set_up(dsn)
    from django.db import connections
    from django.test import override_settings
    from django.urls import path

    patterns = [path("t", view) if callable(view) else view for view in views]
    urls = type(f"urls{next(_numbers)}", (), {"urlpatterns": patterns})
    own = idem or Idempotency(using="default", principal=tenant)
    settings.setdefault("ROOT_URLCONF", urls)
    settings.setdefault("IDEM_GUARD", {"IDEMPOTENCY": own, **(guard or {})})
    settings.setdefault("MIDDLEWARE", [*middleware, MIDDLEWARE])
    with ExitStack() as stack:
        stack.enter_context(django_project.atomic_requests(dsn, atomic))
        stack.enter_context(override_settings(**settings))
        stack.callback(connections.close_all)
        stack.callback(own.close)
        yield Site(**(client or {}))


def replays(response: Any) -> bool:
    return "idempotent-replayed" in response.headers


def code(response: Any) -> str:
    """The problem's code."""
    assert response.headers["content-type"] == "application/problem+json", response.content
    return str(json.loads(response.content)["code"])
