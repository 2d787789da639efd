"""Who asks, and in which database the records are."""

from django.http import HttpRequest

from idem_runtime import Idempotency


def tenant(request: HttpRequest) -> str | None:
    """In production from the authentication (``request.user.pk``), never from a header that the caller chooses."""
    return request.headers.get("X-Tenant")


idem = Idempotency(using="default", principal=tenant)
