"""Whose code an intent was entered by: a generator that stops at a ``yield`` leaves its intent to whoever goes on."""

from __future__ import annotations

import gc
import inspect
import weakref
from types import AsyncGeneratorType, FrameType, GeneratorType
from typing import Any, TypeAlias, cast

GENERATORS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
CONTEXT_MANAGERS = "contextlib"
AnyGenerator: TypeAlias = "GeneratorType[Any, Any, Any] | AsyncGeneratorType[Any, Any]"


class EnteringGenerator:
    """A generator whose ``with`` statement entered an intent."""

    def __init__(self, frame: FrameType) -> None:
        self._frame = frame
        self._known: weakref.ref[AnyGenerator] | None = None

    def is_suspended(self) -> bool:
        """Whether it is at a ``yield``, or over, so that the code that runs now is none of its own."""
        frame = inspect.currentframe()
        while frame is not None:
            if frame is self._frame:
                return False
            frame = frame.f_back
        generator = self._generator()  # which may wait for the thread or task of this call
        if isinstance(generator, GeneratorType):
            return not generator.gi_running
        return generator is None or not generator.ag_running

    def _generator(self) -> AnyGenerator | None:
        """The object, which is slow to find from its frame, and found once."""
        if self._known is not None:
            return self._known()
        for candidate in gc.get_objects():
            if _frame_of(candidate) is self._frame:
                self._known = weakref.ref(candidate)
                return self._known()
        return None


def _frame_of(candidate: object) -> FrameType | None:
    """The frame of a generator. Its type is asked, not its class: that would make a lazy object of some package real."""
    kind = type(candidate)
    if kind is GeneratorType:
        return cast("GeneratorType[Any, Any, Any]", candidate).gi_frame
    if kind is AsyncGeneratorType:
        return cast("AsyncGeneratorType[Any, Any]", candidate).ag_frame
    return None


def generator_that_enters(module: str) -> EnteringGenerator | None:
    """The generator whose ``with`` statement called code of ``module``, which calls this; ``None``: a function's did.

    One that ``contextlib`` makes a context manager of is not meant, but the code that enters this.
    """
    frame = inspect.currentframe()
    assert frame is not None  # in CPython there is one
    while frame.f_back is not None and _passes_on(frame, frame.f_back, module):
        frame = frame.f_back
    return EnteringGenerator(frame) if _is_generator(frame) else None


def _is_generator(frame: FrameType) -> bool:
    flags = frame.f_code.co_flags
    return bool(flags & GENERATORS) and not flags & inspect.CO_ITERABLE_COROUTINE


def _passes_on(frame: FrameType, entered_by: FrameType, module: str) -> bool:
    managed = _is_generator(frame) and _module(entered_by) == CONTEXT_MANAGERS
    return managed or _module(frame) in (__name__, module, CONTEXT_MANAGERS)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))
