"""Azure Functions, Python model v1: ``function.json`` names the function and the methods it answers.

Source: the function.json of Azure Functions (``scriptFile``, ``entryPoint``: ``main``; an ``httpTrigger`` without
``methods`` answers all).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from idem_lint.engine.value_types import Func, options
from idem_lint.finding.interface import ANY, Registration
from idem_lint.source.documents import read_document

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Scope
    from idem_lint.finding.interface import Finder


def described(finder: Finder, scope: Scope) -> Iterator[Registration]:
    """The function that the ``function.json`` beside a module names."""
    module = scope.module
    path = module.path.with_name("function.json")
    try:
        said: dict[str, Any] = cast("dict[str, Any]", json.loads(read_document(path)))
        triggers = [each for each in said["bindings"] if each.get("type") == "httpTrigger"]
        script, entry = said.get("scriptFile", module.path.name), said.get("entryPoint", "main")
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return
    if not script.endswith(module.path.name) or entry not in scope.bindings:
        return
    for option in options(finder.evaluator.bound(scope.bindings[entry], scope, {}, None)):
        if isinstance(option, Func):
            for trigger in triggers:
                methods = frozenset(str(word).upper() for word in trigger.get("methods") or ()) or ANY
                yield Registration(
                    framework="azure_functions",
                    target=option,
                    methods=methods,
                    route=trigger.get("route"),
                    node=option.node,
                    scope=scope,
                    evidence="any-method" if methods == ANY else "explicit",
                    written="httpTrigger",
                )
