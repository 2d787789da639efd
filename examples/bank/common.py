"""What several modules share."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from uuid import UUID

from pydantic import BaseModel, PositiveInt

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)


class Posted(BaseModel):
    """The answer of whatever moved money."""

    posting: UUID
    amount: PositiveInt


def audited(function: Callable[P, R]) -> Callable[P, R]:
    """Log each call by name."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        log.info("%s called", function.__name__)
        return function(*args, **kwargs)

    return call


def money_moving(function: Callable[P, R]) -> Callable[P, R]:
    """A mark from before idem_runtime: it only logs, and protects nothing."""
    return audited(function)
