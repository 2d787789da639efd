"""What type checkers see of the marks: the function's own signature. Checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, assert_type

from idem_runtime import ledger_write, money_moving, not_money_moving


@money_moving
def bare(amount: int, *, to: str = "a") -> str:
    return f"{amount}{to}"


@money_moving(operation="pay", wait=2, key=str)
async def with_arguments(amount: int) -> str:
    return str(amount)


def tenant(amount: int) -> str:
    return f"tenant of {amount}"


@money_moving(previous_operations=("POST /old",), previous_principals=(tenant,))
def renamed(amount: int) -> int:
    return amount


@not_money_moving(reason="reads")
def quote(amount: int) -> float:
    return amount * 0.1


@ledger_write
def entry(amount: int) -> int:
    return amount


assert_type(bare(1, to="b"), str)
coroutine: Coroutine[Any, Any, str] = with_arguments(1)
assert_type(quote(1), float)
assert_type(entry(1), int)
assert_type(renamed(1), int)
plain: Callable[[int], float] = quote
bare("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
bare(1, whom="b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
coroutine = with_arguments()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
money_moving(previous_operations=(1,))  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]
not_money_moving()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
