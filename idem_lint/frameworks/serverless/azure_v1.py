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
from idem_lint.finding.prefix_tables import rooted, slashed
from idem_lint.source.documents import read_document

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module, Scope
    from idem_lint.finding.interface import Finder


_LEVELS = 4  # folders above a function's file in which its host.json is looked for


def route_of(module: Module, own: str | None) -> str | None:
    """A route below the prefix of the host: ``api``, where ``host.json`` says nothing else."""
    prefix = "api"
    for folder in list(module.path.parents)[:_LEVELS]:
        try:
            host: dict[str, Any] = cast("dict[str, Any]", json.loads(read_document(folder / "host.json")))
            prefix = str(host["extensions"]["http"]["routePrefix"]).strip("/")
            break
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return rooted(slashed(prefix, own)) if own is not None else None


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
                    route=route_of(module, trigger.get("route") or path.parent.name),
                    node=option.node,
                    scope=scope,
                    evidence="any-method" if methods == ANY else "explicit",
                    written="httpTrigger",
                )
