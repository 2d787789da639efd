"""Where a value of a package comes from, as one dotted name."""

from __future__ import annotations

from idem_lint.engine.value_types import Applied, External, Made, Member, Value


def origin(value: Value) -> str:
    """The dotted name of a value, through the calls on its way: ``stripe.StripeClient.charges.create``; empty where it is
    no package's.
    """
    parts: list[str] = []
    while True:
        if isinstance(value, External):
            return ".".join([value.name, *reversed(parts)])
        if isinstance(value, Member):
            parts.append(value.name)
            value = value.owner
        elif isinstance(value, Made):
            value = value.callee
        elif isinstance(value, Applied):
            value = value.target
        else:
            return ""
