from __future__ import annotations

import graphene
from wallet.mutations import RelayPayout


class Payout(graphene.Mutation):
    ok = graphene.Boolean()

    @classmethod
    async def mutate(cls, root, info):
        return cls(ok=True)


class PayoutMutations:
    payout = Payout.Field()
    relay_payout = RelayPayout.Field()
