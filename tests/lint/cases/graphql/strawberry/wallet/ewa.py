from __future__ import annotations

import strawberry

from wallet.resolvers import disburse


@strawberry.type
class EwaMutations:
    disburse: bool = strawberry.mutation(disburse)

    @strawberry.mutation
    @staticmethod
    def request(amount: int) -> bool:
        return amount > 0
