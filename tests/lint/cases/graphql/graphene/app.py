from __future__ import annotations

import graphene
from wallet.mutations import Deposit, Refund, Transfer
from wallet.payouts import PayoutMutations


class Query(graphene.ObjectType):
    balance = graphene.Int()

    def resolve_balance(self, info):
        return 0


class Mutation(PayoutMutations, graphene.ObjectType):
    transfer = Transfer.Field()
    deposit = Deposit.Field(description="pays in")
    refund = Refund.Field()
    ping = graphene.Boolean(amount=graphene.Int())
    named = graphene.Field(graphene.Boolean, resolver=lambda root, info: True)

    def resolve_ping(root, info, amount=0):
        return True

    def helper(root, info):
        return True


schema = graphene.Schema(query=Query, mutation=Mutation)
