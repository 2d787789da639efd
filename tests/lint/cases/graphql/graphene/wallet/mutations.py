from __future__ import annotations

import graphene
from graphene import Mutation as GrapheneMutation
from graphene import relay
from wallet.base import BaseMutation

from idem_runtime import money_moving


class Transfer(graphene.Mutation):
    class Arguments:
        amount = graphene.Int(required=True)

    ok = graphene.Boolean()

    @money_moving
    def mutate(root, info, amount):
        return Transfer(ok=True)

    def resolve_ok(root, info):
        """A field of the answer: no mutation."""
        return root.ok


class Deposit(GrapheneMutation):
    class Arguments:
        amount = graphene.Int()

    ok = graphene.Boolean()

    @staticmethod
    def mutate(root, info, amount=0):
        return Deposit(ok=True)


class Refund(BaseMutation):
    @classmethod
    def perform(cls, info, **data):
        return cls(ok=False)


class Unused(graphene.Mutation):
    """In no schema."""

    ok = graphene.Boolean()

    def mutate(root, info):
        return Unused(ok=True)


class RelayPayout(relay.ClientIDMutation):
    class Input:
        amount = graphene.Int()

    ok = graphene.Boolean()

    @classmethod
    def mutate_and_get_payload(cls, root, info, **data):
        return cls(ok=True)
