"""AWS Chalice: ``@app.route(path, methods=[…])``; the words in ``methods`` are taken as they are written.

Source: chalice/app.py (default GET; API Gateway knows ``POST`` only in capitals).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import constants
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Const, Items, Value, options
from idem_lint.finding.interface import Framework, Include, Prefixes, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder


def refine(_finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """Nothing where POST is written in lower case: no request has such a method."""
    value = given.get(Slot(None, ("methods",)))
    words = set(_words(value)) if value is not None else set[str]()
    if "POST" in words or not any(word.upper() == "POST" for word in words):
        yield found


def _words(value: Value) -> Iterator[str]:
    for option in options(value):
        row = constants.iterate(option)
        for each in row.items if isinstance(row, Items) else ():
            if isinstance(each, Const) and isinstance(each.value, str):
                yield each.value


FRAMEWORK = Framework(
    name="chalice",
    titles=("AWS Chalice",),
    packages=("chalice",),
    methods={"route": Route(path=Slot(0, ("path",)))},
    refine=refine,
    prefixes=Prefixes(
        applications=frozenset({"Chalice"}),
        methods={
            "register_blueprint": Include(router=Slot(0, ("blueprint",)), prefix=Slot(2, ("url_prefix",)))
        },
    ),
)
