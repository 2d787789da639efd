"""Code that examples of several rules have in common: whole files but for what a rule is about."""

from __future__ import annotations

import textwrap

_LENT = """\
from typing import Annotated

import psycopg
from fastapi import APIRouter, Depends

from idem_runtime import Idempotency, money_moving

router = APIRouter()
idem = Idempotency("postgresql://…", principal=lambda request: request.state.user)


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int, db: Annotated[psycopg.Connection, Depends(idem.sync_connection)]) -> int:
"""


def with_lent_connection(body: str) -> str:
    """A money-moving handler that is lent a connection, ``db``, and does with it what ``body`` says."""
    return _LENT + textwrap.indent(f"{body}return amount\n", "    ")


_QUERY = """\
from fastapi import APIRouter

from idem_runtime import not_money_moving

router = APIRouter()


@router.post("/wallet/statements/query")
@not_money_moving(reason="{reason}")
def query_statements(month: str) -> dict[str, str]:
    return {{"month": month}}
"""


def with_reason(reason: str) -> str:
    """A handler that opts out with a reason."""
    return _QUERY.format(reason=reason)


WITH_A_REASON = with_reason("a search with a body: it reads the ledger and writes nothing")
