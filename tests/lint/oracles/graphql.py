"""GraphQL: the resolver of every field of the schema's mutation type (strawberry, graphene, ariadne)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.lint.oracles import Truth, Truths, load, original


def routes(case: Path) -> set[Truth]:
    """The resolvers of mutations; one that the project inherits is the mutation's class."""
    schema = load(case).schema
    found = Truths(case)
    for resolver in _strawberry(schema) if hasattr(schema, "schema_converter") else _resolvers(schema):
        found.add(resolver, {"POST"})
    return found.result()


def _strawberry(schema: Any) -> Iterator[Any]:
    for field in schema.mutation.__strawberry_definition__.fields:
        if field.base_resolver is not None:
            yield field.base_resolver.wrapped_func


def _resolvers(schema: Any) -> Iterator[Any]:
    from graphql import GraphQLSchema

    executable = schema if isinstance(schema, GraphQLSchema) else schema.graphql_schema
    for field in executable.mutation_type.fields.values():
        yield _graphene_class(field.resolve) or field.resolve


def _graphene_class(resolve: Any) -> Any:
    """The mutation's class, where its ``mutate`` is not of its own body (a base's, or relay's); else ``None``."""
    cls = getattr(resolve, "__self__", None)
    function = original(resolve)
    if not isinstance(cls, type) or function is None:
        return None
    return None if function.__qualname__.startswith(f"{cls.__qualname__}.") else cls
