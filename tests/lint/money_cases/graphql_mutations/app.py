import strawberry
from fastapi import FastAPI
from strawberry.fastapi import GraphQLRouter

from accounts import deposit, read_balance, set_theme


@strawberry.type
class Query:
    @strawberry.field
    def balance(self, account: int) -> int:
        return read_balance(account)


@strawberry.type
class Mutation:
    # moves: likely  kind: direct  chain: Mutation.deposit -> deposit
    @strawberry.mutation
    def deposit(self, account: int, cents: int) -> int:
        deposit(account, cents)
        return cents

    # moves: no  why: a theme
    @strawberry.mutation
    def set_theme(self, account: int, theme: str) -> str:
        set_theme(account, theme)
        return theme


app = FastAPI()
app.include_router(GraphQLRouter(strawberry.Schema(Query, Mutation)), prefix="/graphql")
