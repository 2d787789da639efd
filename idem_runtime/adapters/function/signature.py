"""What a function's signature says: its arguments by name, and how its result is written and read."""

from __future__ import annotations

import inspect
from functools import cache, lru_cache
from typing import Any, get_type_hints

from pydantic import PydanticSchemaGenerationError, TypeAdapter

from idem_runtime.execution.lent_parameters import Lent
from idem_runtime.marks import Function

PASSED_FIRST = frozenset(
    {
        "celery.app.task.Task",
        "procrastinate.job_context.JobContext",
        "arq.connections.ArqRedis",
        "saq.job.Job",
    }
)
"""Classes of what job frameworks pass to a function before its own arguments, themselves or in a dict."""

ARQ = frozenset({"job_id", "job_try", "enqueue_time"})
"""What a context of arq says of its job."""


def arguments(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What a call says, by parameter: defaults that are spelled out or left out are the same.

    Without the object a method is called on, without what a job framework passes first (Celery's ``bind=True``, the
    context of arq, SAQ and procrastinate), and without the connection that we lend.
    """
    fast, left_out = parameters(function)
    if fast is not None and len(args) <= len(fast):
        bound = {**fast, **dict(zip(fast, args, strict=False)), **kwargs}
    else:
        call = signature(function).bind_partial(*args, **kwargs)
        call.apply_defaults()
        bound = dict(call.arguments)
    first = next(iter(bound), None)
    if first is not None and _from_a_framework(bound[first]):
        del bound[first]
    return {
        name: value
        for name, value in bound.items()
        if name not in left_out and value is not inspect.Parameter.empty
    }


def _from_a_framework(value: Any) -> bool:
    if isinstance(value, dict):
        return value.keys() >= ARQ or any(_is_passed_first(value.get(name)) for name in ("redis", "job"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - isinstance knows no item types
    return _is_passed_first(value)


def _is_passed_first(value: Any) -> bool:
    kind: Any = value.__class__
    return _is_a_kind_passed_first(kind)


@lru_cache(maxsize=1024)
def _is_a_kind_passed_first(kind: type) -> bool:
    return any(f"{base.__module__}.{base.__qualname__}" in PASSED_FIRST for base in kind.__mro__)


signature = cache(inspect.signature)
"""Looked at once per function."""


@cache
def parameters(function: Function) -> tuple[dict[str, Any] | None, frozenset[str]]:
    """The defaults by parameter, where binding a call is only a matter of names; and the parameters that say nothing."""
    listed = list(signature(function).parameters.values())
    lent = {parameter.name for parameter in listed if isinstance(parameter.default, Lent)}
    owner = {
        first.name for first in listed[:1] if first.name in ("self", "cls") and "." in function.__qualname__
    }
    named = all(
        parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) for parameter in listed
    )
    return {parameter.name: parameter.default for parameter in listed} if named else None, frozenset(
        lent | owner
    )


@cache
def result_type(function: Function) -> TypeAdapter[Any]:
    """How the result is written and read: by the return annotation, else as plain JSON."""
    try:
        return TypeAdapter(get_type_hints(function).get("return", Any))
    except (NameError, PydanticSchemaGenerationError):
        return TypeAdapter(Any)
