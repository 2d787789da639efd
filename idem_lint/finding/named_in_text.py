"""Whether a text of the project names a class in full, as settings and traits do: ``"wallet.views.Transfers"``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idem_lint.engine.value_types import Klass
    from idem_lint.finding.interface import Finder


def is_named(finder: Finder, klass: Klass) -> bool:
    """Whether a text that ends in the class's module and name stands in a module in view; what reads it is not asked."""
    name = klass.node.name
    module = klass.module.name.rpartition(".")[2]
    texts = [f"{module}{between}{name}{quote}".encode() for between in ".:" for quote in "\"'"]
    return any(
        name.encode() in each.words and any(text in each.source for text in texts)
        for each in finder.call_index.modules(klass.module)
    )
