from __future__ import annotations

from idem_runtime import money_moving


def freeze() -> bool:
    return True


@money_moving
def settle() -> bool:
    return True


def disburse(amount: int) -> bool:
    return amount > 0


def unused(amount: int) -> bool:
    return amount > 0
