"""A refusal as an HTTP response: RFC 9457 problem+json with a stable ``code``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus

from idem_runtime.errors import IdempotencyError, KeyReused
from idem_runtime.model import Response

REPLAYED = ("idempotent-replayed", "true")


def status_of(error: IdempotencyError, profile: str) -> int:
    """The HTTP status of ``error``; the profile ``ietf`` says 422 for a key with another payload."""
    return 422 if profile == "ietf" and isinstance(error, KeyReused) else error.http_status


def problem(error: IdempotencyError, profile: str = "adr007") -> Response:
    """``error`` as clients see it; they switch on ``code``."""
    status = status_of(error, profile)
    told = {"title": HTTPStatus(status).phrase, "status": status, "detail": error.message, "code": error.code}
    headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")]
    if error.retry_after is not None:
        headers.append(("retry-after", str(error.retry_after)))
    return Response(status, tuple(headers), json.dumps(told).encode())


def replayed(response: Response) -> Response:
    """A stored response as it is sent again."""
    return Response(response.status, (*response.headers, REPLAYED), response.body)


def described(errors: Iterable[type[IdempotencyError]], profile: str) -> dict[str, dict[str, object]]:
    """OpenAPI responses for ``errors``, by status."""
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(str(status_of(error(), profile)), []).append(error.code)
    schema = {
        "type": "object",
        "required": ["title", "status", "detail", "code"],
        "properties": {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }
    return {
        status: {
            "description": " or ".join(codes),
            "content": {
                "application/problem+json": {
                    "schema": {**schema, "properties": {**schema["properties"], "code": {"enum": codes}}}  # type: ignore[dict-item]  # - its properties are a dict
                }
            },
        }
        for status, codes in found.items()
    }
