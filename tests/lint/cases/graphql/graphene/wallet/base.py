from __future__ import annotations

import graphene


class BaseMutation(graphene.Mutation):
    """In the manner of big shops: mutate is the base's, the work is in perform."""

    class Meta:
        abstract = True

    ok = graphene.Boolean()

    @classmethod
    def mutate(cls, root, info, **data):
        return cls.perform(info, **data)

    @classmethod
    def perform(cls, info, **data):
        return cls(ok=True)
