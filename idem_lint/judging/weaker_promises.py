"""Decorators of other packages that keep a record of each call and promise less than a mark: what a crash leaves in progress
is executed again.

Source: aws_lambda_powertools/utilities/idempotency/idempotency.py; docs/powertools.md says what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idem_lint.engine.value_types import External, Made, options
from idem_lint.finding.interface import Link

_PACKAGE = "aws_lambda_powertools.utilities.idempotency."
_DECORATORS = frozenset({"idempotent", "idempotent_function"})


def weaker(links: Iterable[Link]) -> Iterator[str]:
    """The decorators of a handler, as written, that are taken for a mark and are none."""
    for link in links:
        for option in options(link.decorator):
            callee = option.callee if isinstance(option, Made) else option
            if (
                isinstance(callee, External)
                and callee.name.startswith(_PACKAGE)
                and callee.name.rpartition(".")[2] in _DECORATORS
            ):
                yield link.written


__all__ = ["weaker"]
