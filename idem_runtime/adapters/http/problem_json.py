"""A refusal as an HTTP response: RFC 9457 problem+json with a stable ``code``, or as the application shapes its errors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from idem_runtime import log_records
from idem_runtime.errors import IdempotencyError, KeyReused
from idem_runtime.model import RefusalResponse, Response
from idem_runtime.runtime import Runtime

REPLAYED = ("idempotent-replayed", "true")
TYPE = "urn:idem-guard:problem:"
"""What the ``type`` of a problem starts with, its ``code`` follows: an identifier to compare, not an address to open."""
ALWAYS_SENT = ("retry-after", "cache-control")
"""Headers of a refusal that an application's own response gets, too, where it has none: clients and caches need them."""


def status_of(error: IdempotencyError, profile: str) -> int:
    """The HTTP status of ``error``; the profile ``ietf`` says 422 for a key with another payload."""
    return 422 if profile == "ietf" and isinstance(error, KeyReused) else error.http_status


def problem(error: IdempotencyError, profile: str = "adr007", *, path: str | None = None) -> Response:
    """``error`` as clients see it; they switch on ``code``. ``path``: of the request, which ``instance`` says."""
    status = status_of(error, profile)
    members: dict[str, object] = {
        "type": f"{TYPE}{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status,
        "detail": error.message,
        "code": error.code,
        "retryable": error.retriable,
    }
    if path is not None:
        members["instance"] = quote(path)
    headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")]
    if error.retry_after is not None:
        headers.append(("retry-after", str(error.retry_after)))
    return Response(status, tuple(headers), json.dumps(members).encode())


def refusal(runtime: Runtime, error: IdempotencyError, request: Any, *, path: str) -> Response:
    """``error`` as the caller of ``request`` is told of it; ``path``: of the request."""
    default = problem(error, runtime.settings.profile, path=path)
    return shaped(default, error, request, runtime.refusal_response)


def shaped(
    default: Response, error: IdempotencyError, request: Any, shape: RefusalResponse | None
) -> Response:
    """``default``, or what the application makes of ``error``; a shape that fails is logged, and changes nothing."""
    if shape is None:
        return default
    try:
        own = shape(error, request)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the caller has to be told of the refusal
        log_records.refusal_unusable(f"raised {type(failure).__name__}")
        return default
    if own is None:
        return default
    if not isinstance(own, Response) or own.status < 400:  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not be typed
        log_records.refusal_unusable("gave no idem_runtime.Response with a status of 400 or more")
        return default
    headers = tuple((name.lower(), value) for name, value in own.headers)
    names = {name for name, _ in headers}
    missing = (pair for pair in default.headers if pair[0] in ALWAYS_SENT and pair[0] not in names)
    return Response(own.status, (*headers, *missing), own.body)


def replayed(response: Response) -> Response:
    """A stored response as it is sent again."""
    return Response(response.status, (*response.headers, REPLAYED), response.body)


def described(
    errors: Iterable[type[IdempotencyError]], profile: str, *, shape: RefusalResponse | None = None
) -> dict[str, dict[str, Any]]:
    """OpenAPI responses for ``errors``, by status; where the application shapes them, without a schema."""
    codes: dict[str, list[str]] = {}
    for error in errors:
        codes.setdefault(str(status_of(error(), profile)), []).append(error.code)
    responses: dict[str, dict[str, Any]] = {
        status: {"description": " or ".join(named)} for status, named in codes.items()
    }
    if shape is None:
        for status, response in responses.items():
            response["content"] = {"application/problem+json": {"schema": _schema(codes[status])}}
    return responses


def _schema(codes: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "retryable"],
        "properties": {
            "type": {"enum": [f"{TYPE}{code}" for code in codes]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference"},
            "code": {"enum": codes},
            "retryable": {"type": "boolean"},
        },
    }
