from __future__ import annotations

from ariadne import MutationType, ObjectType

from idem_runtime import money_moving, not_money_moving

mutation = MutationType()
receipt = ObjectType("Receipt")


@mutation.field("transfer")
@money_moving
def resolve_transfer(_, info, amount):
    return {"id": amount}


@mutation.field("payOut")
async def pay_out(_, info):
    return True


@mutation.field("quote")
@not_money_moving(reason="prices only")
def quote(_, info):
    return 3


def settle(_, info):
    return True


def freeze(_, info):
    return True


def unused(_, info):
    return True


mutation.set_field("settle", settle)
mutation.set_field("freeze", money_moving(freeze))


@receipt.field("text")
def receipt_text(obj, info):
    """A field of the answer: no mutation."""
    return str(obj["id"])
