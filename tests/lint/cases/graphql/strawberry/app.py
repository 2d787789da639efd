from __future__ import annotations

import strawberry
from wallet.ewa import EwaMutations
from wallet.mutations import WalletMutations
from wallet.resolvers import freeze, settle


@strawberry.type
class Query:
    @strawberry.field
    def balance(self) -> int:
        return 0


@strawberry.type
class Mutation(WalletMutations, EwaMutations):
    freeze: bool = strawberry.mutation(resolver=freeze)
    settle: bool = strawberry.field(resolver=settle, description="settles")

    @strawberry.mutation
    def close(self) -> bool:
        return self._checked()

    def _checked(self) -> bool:
        return True


schema = strawberry.Schema(query=Query, mutation=Mutation)
