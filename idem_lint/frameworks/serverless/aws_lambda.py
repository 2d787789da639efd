"""AWS Lambda: functions that a deployment names, and the requests that it sends them.

Source: docs.aws.amazon.com, "Define Lambda function handler in Python" (the function is an attribute of its module, so every
decorator of it applies); see :mod:`idem_lint.frameworks.serverless.templates`.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.value_types import External, Func, Made, Value, options
from idem_lint.finding.interface import ANY, POST, Framework, Registration
from idem_lint.finding.prefix_tables import rooted
from idem_lint.frameworks.serverless.templates import SAM, SERVERLESS, Deployed, deployed, unread
from idem_lint.source.documents import documents_below

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import FunctionNode, Module, Scope
    from idem_lint.finding.interface import Finder

_NAME = "aws_lambda"
_ENDINGS = "|".join((*SERVERLESS, *SAM))
_ADAPTERS = frozenset({"apig_wsgi", "awsgi", "awsgi2", "magnum", "mangum", "serverless_wsgi"})
"""Packages that hand events to an application, whose routes are marked themselves."""


def functions(finder: Finder, module: Module) -> Iterator[tuple[Deployed, Value]]:
    """The functions of a module that deployments of the project name."""
    name = module.path.parent if module.is_package else module.path.with_suffix("")
    for folder in _folders(finder, module):
        for found in finder.call_index.gathered(partial(deployed, folder), (deployed, folder)):
            if Path(os.path.normpath(found.file)) == name and found.name in module.scope.bindings:
                bindings = module.scope.bindings[found.name]
                yield found, finder.evaluator.bound(bindings, module.scope, {}, None)


def _folders(finder: Finder, module: Module) -> list[Path]:
    """Where a deployment may lie: in the module's folder and in those around it up to the project's root; for one with a
    function that takes an event and a context, anywhere.
    """
    root, around = _root(finder, module), _around(finder, module)
    if not any(scope is module.scope and _takes_an_event(node) for node, scope in module.functions):
        return around
    everywhere = finder.call_index.gathered(partial(_all_below, root), (_all_below, root))
    return list(dict.fromkeys([*around, *everywhere]))


def _root(finder: Finder, module: Module) -> Path:
    source = finder.evaluator.modules
    return source.root if isinstance(source, ProjectModules) else module.path.parent


def _around(finder: Finder, module: Module) -> list[Path]:
    root = _root(finder, module)
    return [folder for folder in module.path.parents if folder == root or root in folder.parents]


def _takes_an_event(node: FunctionNode) -> bool:
    names = [parameter.arg.lower() for parameter in (*node.args.posonlyargs, *node.args.args)]
    return len(names) > 1 and ("event" in names[0] or "context" in names[1])


def _all_below(root: Path) -> list[Path]:
    return [path.parent for path in documents_below(root, _ENDINGS)]


def _described(finder: Finder, scope: Scope) -> Iterator[Registration]:
    named: set[str] = set()
    for found, value in functions(finder, scope.module):
        named.add(found.name)
        for option in options(value):
            if is_an_application(finder, option):
                continue
            for request in found.requests:
                yield Registration(
                    framework=_NAME,
                    target=option,
                    methods=request.methods,
                    route=rooted(request.route) if request.route is not None else None,
                    node=option.node
                    if isinstance(option, Func)
                    else scope.bindings[found.name][0].node or scope.node,
                    scope=scope,
                    evidence="any-method" if request.methods == ANY else "explicit",
                    problem=request.problem,
                    written=found.name,
                )
    yield from _undecided(finder, scope, named)


def _undecided(finder: Finder, scope: Scope, named: set[str]) -> Iterator[Registration]:
    """Functions that take an event and that a document around them may name where nobody can read it."""
    module = scope.module
    taking = [node for node, inner in module.functions if inner is scope and _takes_an_event(node)]
    for node in taking:
        function = Func(node, scope)
        if node.name in named or is_an_application(finder, function):
            continue
        for problem in _unread_around(finder, module):
            yield Registration(
                framework=_NAME,
                target=function,
                methods=POST,
                route=None,
                node=node,
                scope=scope,
                problem=problem,
                settles='mark it: @money_moving, or @not_money_moving(reason="…")',
                unread=True,
                written=node.name,
            )


def _unread_around(finder: Finder, module: Module) -> Iterator[str]:
    """What nobody can read of the functions of a document in the module's folder, or in one around it: the first."""
    for folder in _around(finder, module):
        found = finder.call_index.gathered(partial(unread, folder), (unread, folder))
        if found:
            yield found[0]
            return


def is_an_application(finder: Finder, value: Value) -> bool:
    """Whether a value hands its event to an application: an object of a framework, or a function that calls one with it."""
    if isinstance(value, Func):
        given = {parameter.arg for parameter in (*value.node.args.posonlyargs, *value.node.args.args)}
        return any(
            _hands_on(site.node, given)
            and any(
                is_an_application(finder, option)
                for option in options(finder.evaluator.evaluate(site.node.func, site.scope))
                if not isinstance(option, Func)
            )
            for site in value.module.sites_in(value.body)
        )
    while isinstance(value, Made):
        value = value.callee
    name = value.name if isinstance(value, External) else ""
    return finder.framework_of(value) is not None or name.partition(".")[0] in _ADAPTERS


def _hands_on(call: ast.Call, names: set[str]) -> bool:
    """Whether a call is given all the parameters of the function around it."""
    given = {part.id for part in call.args if isinstance(part, ast.Name)}
    given |= {word.value.id for word in call.keywords if isinstance(word.value, ast.Name)}
    return len(names) > 1 and names <= given


FRAMEWORK = Framework(
    name=_NAME,
    titles=("AWS Lambda",),
    packages=(),
    module_hook=_described,
    asks_every_module=True,
    tokens=(r"def \w+\(\w*(?:event|evt)\w*\b",),
)
