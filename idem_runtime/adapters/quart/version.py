"""What differs between the Quarts that are known here.

Before 0.23 a request has a context of its own beside the application's, and Quart's methods take it last or not at all.
Since 0.23 there is one context for both, and it is their first argument.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from quart import Quart
from quart import globals as of_quart

KNOWN = "quart<0.24"


def is_known() -> bool:
    """Whether this Quart is one of the two kinds."""
    return _has_request_context() or "ctx" in signature(Quart.full_dispatch_request).parameters


def _has_request_context() -> bool:
    return "request_ctx" in vars(of_quart)


def current_context() -> Any:
    """The context of this request; false outside of one."""
    return vars(of_quart)["request_ctx" if _has_request_context() else "app_ctx"]


def leading(context: Any) -> tuple[Any, ...]:
    """What stands before the other arguments of ``handle_user_exception`` and ``finalize_request``."""
    return () if _has_request_context() else (context,)


def kept_body(body: bytes) -> bytes | bytearray:
    """``body`` as a request's ``Body`` keeps it, once it is complete."""
    return bytearray(body) if _has_request_context() else body
