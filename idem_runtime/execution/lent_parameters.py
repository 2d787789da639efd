"""Parameters of a handler that get what is lent, because their default says so."""

from __future__ import annotations

import inspect
from functools import cache

from idem_runtime.mark_callables import Function
from idem_runtime.model import Loanable


class Lent:
    """Default of a function's parameter that is to get our connection or session: ``def job(…, db=idem.lent)``."""

    def __init__(self, kind: Loanable) -> None:
        """``kind``: what the parameter gets."""
        self.kind: Loanable = kind


@cache
def lent_parameters(function: Function) -> tuple[tuple[str, Loanable], ...]:
    """The parameters whose defaults are ``idem.lent`` or ``idem.lent_session``, and what each gets."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(
        (parameter.name, parameter.default.kind)
        for parameter in parameters
        if isinstance(parameter.default, Lent)
    )
