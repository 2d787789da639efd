"""What the GraphQL libraries share: which classes are the mutation type of a schema.

The library serves all of a schema at one POST; each field of its mutation type is a handler.
"""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import Module, terminal
from idem_lint.engine.value_types import External, Items, Klass, Made, Value, options
from idem_lint.finding.interface import Finder, Slot

_MUTATION = Slot(1, ("mutation",))
_SCHEMAS = ("Schema", "build_schema", "FederationSchema")


def is_named_for_mutations(name: str) -> bool:
    """Whether a class says by its name that its fields are mutations: ``Mutation``, ``WalletMutations``."""
    return name.endswith(("Mutation", "Mutations"))


def roots(finder: Finder, module: Module) -> Iterator[Klass]:
    """The mutation types of the schemas that a module makes, each followed by its bases in the project."""
    for site in module.sites(frozenset(name.encode() for name in _SCHEMAS)):
        if terminal(site.node.func).endswith(_SCHEMAS):
            given = parameter_binding.read(site.node, finder.evaluator, site.scope, {})
            for option in options(given.get(_MUTATION) or External("")):
                yield from _classes(finder, option)


def _classes(finder: Finder, value: Value) -> Iterator[Klass]:
    if isinstance(value, Klass):
        yield from (base for base in finder.evaluator.mro(value) if isinstance(base, Klass))
    elif (
        isinstance(value, Made)
        and isinstance(value.callee, External)
        and value.callee.name.endswith("merge_types")
    ):
        for argument in parameter_binding.read(
            value.call, finder.evaluator, value.scope, value.environment
        ).positional:
            for part in argument.items if isinstance(argument, Items) else ():
                yield from _classes(finder, part)
