"""Azure Functions: ``@app.route`` and generic HTTP triggers; for the older model see :mod:`.azure_v1`.

Source: azure/functions/decorators/function_app.py (``route``: without methods the host answers all of them).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.parameter_binding import Arguments
from idem_lint.engine.value_types import Func
from idem_lint.finding.interface import ANY, Framework, Registration, Route, Slot
from idem_lint.frameworks.serverless.azure_v1 import described, route_of

if TYPE_CHECKING:
    from idem_lint.finding.interface import Finder

_TYPE = Slot(1, ("type",))


def refine(finder: Finder, found: Registration, given: Arguments) -> Iterator[Registration]:
    """A generic trigger is a route where its type says HTTP."""
    if found.written != "generic_trigger" or parameter_binding.text(given.get(_TYPE)) == "httpTrigger":
        definition = finder.definition(found.target)
        own = found.route or (definition.node.name if isinstance(definition, Func) else None)
        yield replace(found, route=route_of(found.scope.module, own))


FRAMEWORK = Framework(
    name="azure_functions",
    titles=("Azure Functions",),
    packages=("azure.functions", "azurefunctions", "azure.durable_functions"),
    methods={
        "route": Route(
            path=Slot(0, ("route",)), methods=Slot(3, ("methods",)), default=ANY, needs_path=False
        ),
        "generic_trigger": Route(path=Slot(None, ("route",)), default=ANY, needs_path=False, strict=True),
    },
    refine=refine,
    module_hook=described,
    tokens=(r"azure\.functions",),
)
