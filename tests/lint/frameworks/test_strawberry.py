"""What the case files do not show of Strawberry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### types that are mutations by their name, by one field, or by the schema
import strawberry
from strawberry import field
from idem_runtime import money_moving

@strawberry.type
class WalletMutations:
    @field
    @money_moving
    def pay(self) -> bool:  # found: money_moving
        return True

    @money_moving
    @strawberry.field(description="moves")
    def move(self) -> bool:  # idle
        return True

    def _helper(self) -> bool:
        return True

    limit: int = 3

@strawberry.type
class Desk:
    @strawberry.field
    def sweep(self) -> bool:  # found
        return True

    @strawberry.mutation
    def close(self) -> bool:  # found
        return True

@strawberry.type
class Root:
    @strawberry.field
    def freeze(self) -> bool:  # found
        return True

@strawberry.type
class Receipt:
    @strawberry.field
    def text(self) -> str:
        return ""

class NotAMutation:
    @property
    def wallet(self) -> str:
        return ""

schema = strawberry.Schema(query=Query, mutation=Root)

### merged types
import strawberry
from strawberry.federation import Schema
from strawberry.tools import merge_types

@strawberry.type
class A:
    @strawberry.field
    def freeze(self) -> bool:  # found
        return True

@strawberry.type
class B:
    @strawberry.field
    def thaw(self) -> bool:
        return True

Root = merge_types("Root", (A,))
schema = Schema(Query, Root)
other = strawberry.Schema(Query)
third = strawberry.Schema(query=merge_types("Q", (B,)), mutation=made_elsewhere())

### resolvers that are given, and ready-made mutations
import strawberry
import strawberry_django
from strawberry_django import mutations
from idem_runtime import money_moving

def pay() -> bool:  # found
    return True

def move() -> bool:  # idle
    return True

@money_moving
def sweep() -> bool:  # found: money_moving
    return True

@strawberry.type
class Mutation:  # found
    pay: bool = strawberry.field(resolver=pay)
    move: bool = logged(money_moving(strawberry.mutation(move)))
    sweep: bool = strawberry.mutation(resolver=sweep)
    bare: bool = strawberry.field(description="no resolver: the attribute")
    other: bool = dataclasses.field(default=True)
    nothing: bool = other()
    create_payment: Payment = mutations.create(PaymentInput)
    wrapped: Payment = with_limit(mutations.update(PaymentInput))

    @strawberry_django.mutation(handle_django_errors=True)
    def settle(self) -> bool:  # found
        return True

    @strawberry_django.input_mutation
    def refund(self) -> bool:  # found
        return True
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_linter_finds_what_the_comments_say(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
