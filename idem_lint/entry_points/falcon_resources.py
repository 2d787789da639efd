"""Responders of Falcon's resources that answer other methods than POST.

Source: falcon/routing/util.py (``map_http_methods``: ``on_put``, ``on_put_suffix``). A resource has no base class, so its
responders' names and parameters tell. Those of POST are read in ``frameworks/falcon``.
"""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.engine.module_facts import Module, positional
from idem_lint.engine.value_types import Func, Klass
from idem_lint.entry_points.interface import Entry, EntryTable
from idem_lint.finding.interface import Finder

_RESPONDERS = {f"on_{verb}": verb.upper() for verb in ("get", "put", "patch", "delete")}


def _responders(_finder: Finder, module: Module, table: EntryTable) -> Iterator[Entry]:
    if not any(table.owns(name) for name in module.imports):
        return
    for node, scope in module.functions:
        method = _RESPONDERS.get("_".join(node.name.split("_")[:2]))
        if method is not None and scope.is_class and len(positional(node)) > 2:
            yield Entry(
                Func(node, scope),
                table,
                node,
                module,
                _around(module, scope.node),
                methods=frozenset({method}),
            )


def _around(module: Module, node: object) -> Klass | None:
    return next((Klass(klass, scope) for klass, scope in module.classes if klass is node), None)


TABLES = (
    EntryTable(
        "handler",
        "",
        packages=("falcon",),
        words=frozenset(_RESPONDERS),
        hook=_responders,
        framework="falcon",
    ),
)
