"""Django, REST framework and Ninja: an app for ``INSTALLED_APPS``, and the last middleware of ``MIDDLEWARE``."""

from __future__ import annotations

from idem_runtime.adapters.django.middleware import IdempotencyMiddleware

__all__ = ["IdempotencyMiddleware"]
