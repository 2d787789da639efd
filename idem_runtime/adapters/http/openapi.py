"""What OpenAPI says of a marked operation: the key that it requires, and what it answers besides its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idem_runtime.adapters.http.problem_json import described
from idem_runtime.errors import (
    BodyTooLarge,
    ExecutedResponseLost,
    HandlerTimeout,
    IdempotencyError,
    InProgress,
    KeyInvalid,
    KeyMissing,
    KeyReused,
    OutcomeUnknown,
    PrincipalMissing,
    RaisedSuccess,
    ResponseUnstorable,
    RetriesExhausted,
    StoreUnavailable,
    TransactionBroken,
)
from idem_runtime.key import HEADER, LONGEST
from idem_runtime.marks import MoneyMoving
from idem_runtime.runtime import Runtime

REFUSALS = (
    KeyMissing,
    KeyInvalid,
    PrincipalMissing,
    BodyTooLarge,
    KeyReused,
    InProgress,
    OutcomeUnknown,
    TransactionBroken,
    RetriesExhausted,
    StoreUnavailable,
)
"""What a marked operation may answer besides its own, whatever its effect is."""
REFUSALS_OF: Mapping[str, tuple[type[IdempotencyError], ...]] = {
    "local": (ResponseUnstorable, RaisedSuccess, HandlerTimeout),
    "external": (ExecutedResponseLost,),
}
"""What its effect adds."""
PROBLEM = "application/problem+json"


def describe(operation: dict[str, Any], mark: MoneyMoving, runtime: Runtime) -> None:
    """Add to ``operation``, and say for how long a key is kept (the IETF draft's MUST)."""
    name = getattr(mark.key, "header", None) if mark.key else HEADER
    known = {parameter.get("name", "").lower() for parameter in operation.get("parameters", ())}
    if name is not None and name.lower() not in known:
        operation.setdefault("parameters", []).append(_parameter(name, mark, runtime))
    responses = operation.setdefault("responses", {})
    for status, response in responses.items():
        if status.startswith("2"):
            response.setdefault("headers", {})["Idempotent-Replayed"] = {"schema": {"enum": ["true"]}}
    errors: tuple[type[IdempotencyError], ...] = (*REFUSALS, *REFUSALS_OF[mark.effect])
    ours = described(errors, runtime.settings.profile, shape=runtime.refusal_response)
    for status, response in ours.items():
        own = responses.setdefault(status, response)
        if "content" in response:  # beside what the application says of the same status
            own.setdefault("content", {}).setdefault(PROBLEM, response["content"][PROBLEM])


def _parameter(name: str, mark: MoneyMoving, runtime: Runtime) -> dict[str, Any]:
    seconds = int(mark.kept(runtime.settings.retention).total_seconds())
    return {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        "description": f"The same on every retry. A completed request is replayed for {seconds} seconds.",
    }
