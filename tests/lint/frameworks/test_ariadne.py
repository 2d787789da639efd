"""What the case files do not show of Ariadne."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### who is a mutation type
from ariadne import MutationType, ObjectType, QueryType
from elsewhere import mutation_type, query_type

class Extended(MutationType):
    pass

mutation, query, plain, extended = MutationType(), QueryType(), ObjectType("Mutation"), Extended()
nameless = ObjectType()

@mutation.field("a")
def a(_, info):  # found
    return True

@query.field("b")
def b(_, info):
    return True

@plain.field("c")
@extended.field("d")
def c(_, info):  # found
    return True

@nameless.field("e")
def e(_, info):
    return True

@mutation_type.field("f")
def f(_, info):  # found
    return True

@query_type.field("g")
def g(_, info):
    return True

def bind(to: MutationType, other, mutations):
    @to.field("h")
    def h(_, info):  # found
        return True

    @other.field("i")
    def i(_, info):
        return True

    @mutations.field("j")
    def j(_, info):  # found
        return True

field = mutation.field

@field("k")
def k(_, info):  # found
    return True

### tables of resolvers
from ariadne import MutationType
from idem_runtime import money_moving
mutation = MutationType()

def pay(_, info):  # found: money_moving
    return True

def move(_, info):  # found
    return True

for name, resolver in {"pay": money_moving(pay), "move": move}.items():
    mutation.set_field(name, resolver)

mutation.field("lambda")(lambda _, info: True)  # found

### classes of ariadne-graphql-modules
from ariadne_graphql_modules import MutationType
from idem_runtime import money_moving

class Pay(MutationType):
    @staticmethod
    @money_moving
    def resolve_mutation(_, info):  # found: money_moving
        return True
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_linter_finds_what_the_comments_say(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
