from __future__ import annotations

import functools

import strawberry
from strawberry import mutation as mut

from idem_runtime import money_moving, not_money_moving


def logged(resolver):
    @functools.wraps(resolver)
    def inner(*args, **kwargs):
        return resolver(*args, **kwargs)

    return inner


@strawberry.type
class Receipt:
    id: int

    @strawberry.field
    def text(self) -> str:
        return str(self.id)


@strawberry.type
class WalletMutations:
    @strawberry.mutation
    @money_moving
    def transfer(self, amount: int) -> Receipt:
        return Receipt(id=amount)

    @strawberry.mutation(name="payOut", description="pays out")
    @logged
    async def pay_out(self, amount: int) -> bool:
        return True

    @mut
    @not_money_moving(reason="prices only")
    def quote(self) -> int:
        return 3

    @strawberry.field
    def sweep(self) -> bool:
        """A plain field of the mutation type is a mutation too."""
        return True
