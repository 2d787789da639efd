"""Our part of a route's middleware, the innermost: next come the validation of the response, and the handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idem_runtime.adapters.powertools.resolver_passage import Leaving
from idem_runtime.marks import context_admission


def notice(app: Any, next_middleware: Callable[..., Any]) -> Any:
    """Answer what the mark has left the handler's place with, and notice what is raised there."""
    try:
        return next_middleware(app)
    except Leaving as leaving:
        return _answer(leaving)
    except Exception as error:
        _note(error)
        raise


async def notice_async(app: Any, next_middleware: Callable[..., Any]) -> Any:
    """As :func:`notice`, in an event loop."""
    try:
        return await next_middleware(app)
    except Leaving as leaving:
        return _answer(leaving)
    except Exception as error:
        _note(error)
        raise


def _answer(leaving: Leaving) -> Any:
    if leaving.answer is None:
        raise leaving
    return leaving.answer


def _note(error: Exception) -> None:
    passage: Any = context_admission()  # a `ResolverPassage`: no other calls a route that this is a part of
    passage.could_not_be_made(error)
