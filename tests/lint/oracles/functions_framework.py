"""Functions Framework's truth: its registry of functions; events come from a queue and are no handlers."""

from __future__ import annotations

from pathlib import Path

from tests.lint.oracles import ANY, Truth, Truths, load

METHODS = {"http": ANY, "typed": frozenset({"POST"})}


def routes(case: Path) -> set[Truth]:
    """The functions of the case's ``app`` that the framework serves."""
    module = load(case)
    from functions_framework import _function_registry

    truths = Truths(case)
    for name, kind in _function_registry.REGISTRY_MAP.items():
        truths.add(getattr(module, name), METHODS.get(kind, ()))
    return truths.result()
