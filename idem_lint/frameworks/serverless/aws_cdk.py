"""AWS CDK: routes of API Gateway that lead to functions which are named as text.

Source: aws_cdk/aws_apigateway (``Resource.add_method``, ``LambdaIntegration``, ``LambdaRestApi``), aws_apigatewayv2
(``HttpApi.add_routes``: any method where none is named), aws_lambda (``Function``: ``handler``, ``code``),
aws_lambda_python_alpha (``PythonFunction``: ``entry``, ``index``, ``handler``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.value_types import UNKNOWN, External, Made, Parameter, Value, options
from idem_lint.finding.interface import ANY, Framework, Registration, Route, Slot
from idem_lint.frameworks.connexion import paths
from idem_lint.frameworks.serverless.aws_lambda import is_an_application

if TYPE_CHECKING:
    from idem_lint.engine.module_facts import Module
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_UNREAD = "which function it leads to cannot be read from the source"


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """The function of the project that a route's integration leads to."""
    for target in options(found.target):
        if not isinstance(target, Made):
            open_target = target if isinstance(target, Parameter) else UNKNOWN
            yield replace(found, target=open_target, problem=_problem(found))
            continue
        for function in _functions(finder, target):
            values = [value for value in options(_named(finder, found, function)) if value != UNKNOWN]
            yield from (
                replace(found, target=value) for value in values if not is_an_application(finder, value)
            )
            if not values:
                yield replace(found, target=UNKNOWN, methods=frozenset(), problem=_problem(found))


def _problem(found: Registration) -> str:
    return found.problem or (_UNREAD if found.methods & {"POST", "*"} else "")


def _functions(finder: Finder, value: Value) -> Iterator[Made]:
    """The functions of Lambda that a value is, or is made with; nothing for what leads elsewhere."""
    if not isinstance(value, Made):
        return
    if isinstance(value.callee, External) and value.callee.name.endswith("Function"):
        yield value
        return
    given = parameter_binding.read(value.call, finder.evaluator, value.scope, value.environment)
    for argument in (*given.positional, *given.keywords.values()):
        for option in options(argument):
            yield from _functions(finder, option)


def _named(finder: Finder, found: Registration, function: Made) -> Value:
    """The function that the text after ``handler=`` names, in the folder of its code."""
    given = parameter_binding.read(
        function.call, finder.evaluator, function.scope, function.environment
    ).keywords
    handler = parameter_binding.text(given.get("handler")) or "handler"
    folder = _folder(finder, given.get("code") or given.get("entry") or UNKNOWN)
    module, _, name = handler.rpartition(".")
    module = module or (parameter_binding.text(given.get("index")) or "index.py").removesuffix(".py")
    for place in paths.places(finder, function.scope.module, f"{module.replace('.', '/')}.py", folder):
        loaded = _loaded(finder, Path(os.path.normpath(place)))
        if loaded is not None and name in loaded.scope.bindings:
            return finder.evaluator.bound(loaded.scope.bindings[name], loaded.scope, {}, None)
    return UNKNOWN


def _loaded(finder: Finder, path: Path) -> Module | None:
    source = finder.evaluator.modules
    return source.load(path) if isinstance(source, ProjectModules) and source.knows(path) else None


def _folder(finder: Finder, value: Value) -> str:
    """The folder of ``Code.from_asset("src")``, or of an ``entry`` that is written as text."""
    for option in options(value):
        if isinstance(option, Made):
            given = parameter_binding.read(option.call, finder.evaluator, option.scope, option.environment)
            return paths.path(finder, given.get(Slot(0, ("path",))) or UNKNOWN) or ""
    return paths.path(finder, value) or ""


_NO_PATH = Slot()
FRAMEWORK = Framework(
    name="aws_cdk",
    titles=("AWS CDK",),
    packages=("aws_cdk",),
    methods={
        "add_method": Route(
            methods=Slot(0, ("http_method",)),
            default=ANY,
            path=_NO_PATH,
            target=Slot(1, ("target", "integration")),
            strict=True,
            needs_path=False,
        ),
        "add_routes": Route(
            methods=Slot(None, ("methods",)),
            default=ANY,
            path=Slot(None, ("path",)),
            target=Slot(None, ("integration",)),
            strict=True,
            needs_path=False,
        ),
    },
    functions={
        "LambdaRestApi": Route(fixed=ANY, path=_NO_PATH, target=Slot(None, ("handler",)), needs_path=False),
    },
    refine=_refine,
    tokens=("aws_cdk",),
)
