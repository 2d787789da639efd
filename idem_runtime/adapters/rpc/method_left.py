"""Methods that are left by what is no ``Exception``: servers answer nothing then, and callers wait until they give up."""

from __future__ import annotations


class MethodLeft(Exception):
    """In the place of what a method was left by, which is its cause."""


def as_exception(error: BaseException) -> Exception:
    """``error``, or what a server answers in its place."""
    if isinstance(error, Exception):
        return error
    left = MethodLeft(f"the method was left by {type(error).__name__}")
    left.__cause__ = error
    return left
