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

_LOADS = frozenset({"full_load", "load", "loads", "safe_load", "unsafe_load"})
_READS = frozenset({"open", "read", "read_bytes", "read_text"})
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
    """The part of a path that the source tells: ``HERE / "api.yaml"``, ``HERE.joinpath("api.yaml")``; of what is loaded
    from a file, ``yaml.safe_load(open("api.yaml"))``, that of the file.
    """
    for option in options(value):
        text = parameter_binding.text(option)
        if text is not None and "://" not in text:
            return text.rpartition("{…}")[2].strip("/")
        if not isinstance(option, Made):
            continue
        last = _last(option.callee)
        if last in _LOADS | _READS | _JOINS:
            given = parameter_binding.read(option.call, finder.evaluator, option.scope, option.environment)
            inner = option.callee.owner if isinstance(option.callee, Member) else UNKNOWN
            if last not in _JOINS:
                is_method = last in _READS and inner is not UNKNOWN
                read = inner if is_method else given.positional[0] if given.positional else UNKNOWN
                return path(finder, read)
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
