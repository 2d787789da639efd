"""Whose code an intent was entered by: a generator that stops at a ``yield`` leaves its intent to whoever goes on."""

from __future__ import annotations

import gc
import inspect
import sys
from types import AsyncGeneratorType, FrameType, GeneratorType
from typing import Any

GENERATORS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
CONTEXT_MANAGERS = "contextlib"


def generator_that_enters(module: str) -> FrameType | None:
    """The generator whose ``with`` statement called code of ``module``, which calls this; ``None``: a function's did.

    One that ``contextlib`` makes a context manager of is not meant, but the code that enters this.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no other way to the caller's frame
    while frame is not None:
        entered_by = frame.f_back
        if not _passes_on(frame, module):
            if not _is_generator(frame):
                return None
            if entered_by is None or _module(entered_by) != CONTEXT_MANAGERS:
                return frame
        frame = entered_by
    return None


def is_suspended(generator: FrameType) -> bool:
    """Whether ``generator`` is at a ``yield``, or over, so that the code that runs now is none of its own."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as above
    while frame is not None:
        if frame is generator:
            return False
        frame = frame.f_back
    return not any(_runs(candidate, generator) for candidate in gc.get_objects())


def _runs(candidate: Any, frame: FrameType) -> bool:
    """Whether ``candidate`` is the generator of ``frame``, and waits for a thread or task of its own."""
    if isinstance(candidate, GeneratorType):
        return candidate.gi_running and candidate.gi_frame is frame
    if isinstance(candidate, AsyncGeneratorType):
        return candidate.ag_running and candidate.ag_frame is frame
    return False


def _is_generator(frame: FrameType) -> bool:
    flags = frame.f_code.co_flags
    return bool(flags & GENERATORS) and not flags & inspect.CO_ITERABLE_COROUTINE


def _passes_on(frame: FrameType, module: str) -> bool:
    return _module(frame) in (module, CONTEXT_MANAGERS)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))
