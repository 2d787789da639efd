"""Where a mark takes effect in GraphQL: ``mutation { pay }`` is executed on the snippet's schema."""

from __future__ import annotations

import asyncio
import json
from types import ModuleType
from typing import Any

from tests.lint.positions._table import outcomes, snippets
from tests.lint.positions.recorder import executions

PRELUDE = """\
import ariadne
import graphene
import strawberry

from recorder import money_moving


@strawberry.type
class Query:
    balance: int = 0


class GrapheneQuery(graphene.ObjectType):
    balance = graphene.Int()


TYPES = "type Query { balance: Int } type Mutation { pay: Boolean }"
mutation = ariadne.MutationType()

"""

TABLE = """
### + strawberry, below
@strawberry.type
class Mutation:
    @strawberry.mutation
    @money_moving
    def pay(self) -> bool:
        return True

schema = strawberry.Schema(Query, Mutation)

### + strawberry, async, below
@strawberry.type
class Mutation:
    @strawberry.mutation(description="pays")
    @money_moving
    async def pay(self) -> bool:
        return True

schema = strawberry.Schema(Query, Mutation)

### - strawberry, above
@strawberry.type
class Mutation:
    @money_moving
    @strawberry.mutation
    def pay(self) -> bool:
        return True

schema = strawberry.Schema(Query, Mutation)

### + strawberry, marked resolver
@money_moving
def pay() -> bool:
    return True

@strawberry.type
class Mutation:
    pay: bool = strawberry.mutation(resolver=pay)

schema = strawberry.Schema(Query, Mutation)

### + strawberry, resolver marked in the call
def pay() -> bool:
    return True

@strawberry.type
class Mutation:
    pay: bool = strawberry.mutation(resolver=money_moving(pay))

schema = strawberry.Schema(Query, Mutation)

### - strawberry, mark around the field
def pay() -> bool:
    return True

@strawberry.type
class Mutation:
    pay: bool = money_moving(strawberry.mutation(resolver=pay))

schema = strawberry.Schema(Query, Mutation)

### - strawberry, resolver rebound afterwards
def pay() -> bool:
    return True

@strawberry.type
class Mutation:
    pay: bool = strawberry.mutation(resolver=pay)

pay = money_moving(pay)
schema = strawberry.Schema(Query, Mutation)

### + strawberry, inherited
@strawberry.type
class Base:
    @strawberry.mutation
    @money_moving
    def pay(self) -> bool:
        return True

@strawberry.type
class Mutation(Base):
    pass

schema = strawberry.Schema(Query, Mutation)

### + graphene, on mutate
class Pay(graphene.Mutation):
    Output = graphene.Boolean

    @money_moving
    def mutate(root, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### + graphene, below classmethod
class Pay(graphene.Mutation):
    Output = graphene.Boolean

    @classmethod
    @money_moving
    def mutate(cls, root, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### - graphene, above classmethod
class Pay(graphene.Mutation):
    Output = graphene.Boolean

    @money_moving
    @classmethod
    def mutate(cls, root, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### + graphene, on resolve_pay
class Mutation(graphene.ObjectType):
    pay = graphene.Boolean()

    @money_moving
    def resolve_pay(root, info):
        return True

schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### + graphene, on the perform that mutate calls
class Base(graphene.Mutation):
    class Meta:
        abstract = True

    @classmethod
    def mutate(cls, root, info):
        return cls.perform(info)

class Pay(Base):
    Output = graphene.Boolean

    @classmethod
    @money_moving
    def perform(cls, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### - graphene, on the class
@money_moving
class Pay(graphene.Mutation):
    Output = graphene.Boolean

    def mutate(root, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### - graphene, mutate replaced after Field
class Pay(graphene.Mutation):
    Output = graphene.Boolean

    def mutate(root, info):
        return True

class Mutation(graphene.ObjectType):
    pay = Pay.Field()

Pay.mutate = money_moving(Pay.mutate)
schema = graphene.Schema(query=GrapheneQuery, mutation=Mutation)

### + ariadne, below
@mutation.field("pay")
@money_moving
def pay(_, info):
    return True

schema = ariadne.make_executable_schema(TYPES, mutation)

### - ariadne, above
@money_moving
@mutation.field("pay")
def pay(_, info):
    return True

schema = ariadne.make_executable_schema(TYPES, mutation)

### + ariadne, set_field
def pay(_, info):
    return True

mutation.set_field("pay", money_moving(pay))
schema = ariadne.make_executable_schema(TYPES, mutation)

### - ariadne, rebound afterwards
def pay(_, info):
    return True

mutation.set_field("pay", pay)
pay = money_moving(pay)
schema = ariadne.make_executable_schema(TYPES, mutation)
"""

SNIPPETS = snippets(PRELUDE, TABLE)

ELSEWHERE: set[str] = set()  # a mark guards its resolver, or nothing


def is_effective(module: ModuleType) -> bool:
    """Whether the mutation answered ``true``, and through the mark."""
    with executions() as count:
        try:
            result = asyncio.run(_execute(module.schema))
        except Exception:  # noqa: BLE001 - libraries differ in what a schema that cannot run raises
            return False
        return bool(result.data and result.data["pay"]) and count() > 0


async def _execute(schema: Any) -> Any:
    import graphql

    if hasattr(schema, "schema_converter"):
        return await schema.execute("mutation { pay }")
    if hasattr(schema, "execute_async"):
        return await schema.execute_async("mutation { pay }")
    result = graphql.graphql(schema, "mutation { pay }")
    return await result


if __name__ == "__main__":
    print(json.dumps(outcomes(SNIPPETS, is_effective)))
