"""Where a document lies, and what a document written in Python says, as far as the source tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import UNKNOWN, Const, External, Items, Made, Member, Table, Value, options

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_JOINS = frozenset({"join", "joinpath", "Path", "PurePath", "resolve", "absolute", "as_posix", "str"})


def places(finder: Finder, module: Module, name: str, folder: str) -> Iterator[Path]:
    """Where a document may lie: below the folder of the module, or of those around it up to the project's root."""
    source = finder.evaluator.modules
    root = source.root if isinstance(source, ProjectModules) else module.path.parent
    here = module.path.parent
    while True:
        yield here / folder / name
        yield here / name
        if here in {root, here.parent}:
            return
        here = here.parent


def path(finder: Finder, value: Value) -> str | None:
    """The part of a path that the source tells: ``HERE / "api.yaml"``, ``HERE.joinpath("api.yaml")``."""
    for option in options(value):
        text = parameter_binding.text(option)
        if text is not None and "://" not in text:
            return text.rpartition("{…}")[2].strip("/")
        if isinstance(option, Made) and _last(option.callee) in _JOINS:
            given = parameter_binding.read(option.call, finder.evaluator, option.scope, option.environment)
            inner = option.callee.owner if isinstance(option.callee, Member) else UNKNOWN
            parts = [part for each in (inner, *given.positional) if (part := path(finder, each)) is not None]
            return "/".join(parts) or None
    return None


def _last(callee: Value) -> str:
    return callee.name.rpartition(".")[2] if isinstance(callee, External | Member) else ""


def plain(value: Value) -> object:
    """A document that the source holds, as plain values; ``None`` for what is not a literal."""
    if isinstance(value, Table):
        return {name.value: plain(item) for name, item in value.pairs if isinstance(name, Const)}
    if isinstance(value, Items):
        return [plain(item) for item in value.items]
    return value.value if isinstance(value, Const) else None
