"""Every option of ``@money_moving`` has an effect with every adapter, or is refused: none is accepted and ignored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency, current_attempt, from_header, money_moving, standard_webhook
from idem_runtime.marks import MoneyMoving
from tests.runtime.adapters.asking import PATIENCE, Database
from tests.runtime.adapters.banks import BANKS, Bank, Call, completed, nothing

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """What an option does: ``options`` for a bank, the calls, and what has to become of them."""

    option: str
    options: Callable[[Bank], Call]
    calls: tuple[Call, ...]
    expected: tuple[str, ...]
    during: Callable[[Bank, int], None] = nothing
    row: str = "1"
    """SQL: what is true of the record afterwards."""
    holds: Any = 1
    functions: tuple[str, ...] | None = None
    """What plain functions answer, where they refuse."""
    before: Call = field(default_factory=dict)
    """Options of the mark that the same handler carried before, for one call."""


def crash_at_first(bank: Bank, run: int) -> None:
    if run == 1:
        raise RuntimeError("crash")


def forgotten(bank: Bank, run: int) -> None:
    current_attempt().downstream_key("rail")


def crash_under_a_long_lease(bank: Bank, run: int) -> None:
    query = "SELECT in_progress_expiry - created_at > interval '500 seconds' FROM idempotency_records"
    with psycopg.connect(bank.dsn) as db:
        assert db.execute(query).fetchone() != (True,)


OTHER_MEMO = ({}, {"memo": "other"})
KEPT = "round(extract(epoch from expiry_time - completed_at))"
CASES = [
    Case("operation", lambda bank: {"operation": "settle"}, ({},), ("executed",),
         row="scope", holds="5:alice6:settle"),
    Case("effect", lambda bank: {"effect": "external"}, ({}, {}), ("500", "outcome_unknown"), crash_at_first,
         row="status", holds="INPROGRESS"),
    Case("effect", lambda bank: {"effect": "local"}, ({}, {}), ("500", "executed"), crash_at_first),
    Case("key", lambda bank: {"key": bank.pick("once")}, ({}, {"once": "other"}, {"once": "k"}),
         ("executed", "executed", "replayed"), row="idempotency_key", holds="k"),
    Case("key", lambda bank: {"key": bank.pick_later("once")}, ({}, {"once": "other"}, {"once": "k"}),
         ("executed", "executed", "replayed")),
    Case("key", lambda bank: {"key": from_header("x-event")}, ({}, {}), ("executed", "replayed"),
         row="idempotency_key", holds="e", functions=("refused", "refused")),
    Case("key", lambda bank: {"key": standard_webhook()}, ({},), ("executed",),
         row=KEPT, holds=30 * 86_400, functions=("refused",)),
    Case("principal", lambda bank: {"principal": bank.pick("who")}, ({}, {"who": "bob"}, {}),
         ("executed", "executed", "replayed"), row="scope LIKE '5:alice%'", holds=True),
    Case("principal", lambda bank: {"principal": bank.pick_later("who")}, ({}, {"who": "bob"}, {}),
         ("executed", "executed", "replayed")),
    Case("retention", lambda bank: {"retention": 3 * DAY}, ({},), ("executed",), row=KEPT, holds=3 * 86_400),
    Case("record", lambda bank: {"record": lambda status: status < 400}, ({}, {}), ("executed", "replayed"),
         functions=("refused", "refused")),
    Case("ignore", lambda bank: {"ignore": ("/memo",)}, OTHER_MEMO, ("executed", "replayed")),
    Case("fingerprint", lambda bank: {"fingerprint": bank.pick("amount")}, (*OTHER_MEMO, {"amount": 6}),
         ("executed", "replayed", "key_reused")),
    Case("fingerprint", lambda bank: {"fingerprint": bank.pick_later("amount")}, (*OTHER_MEMO, {"amount": 6}),
         ("executed", "replayed", "key_reused")),
    Case("fingerprint", lambda bank: {"fingerprint": bank.pick("who"), "ignore": ("/x",)}, OTHER_MEMO,
         ("executed", "replayed")),
    Case("previous_operations", lambda bank: {"operation": "new", "previous_operations": ("old",)}, ({"memo": "m"},),
         ("replayed",),
         before={"operation": "old"}),
    Case("previous_principals",
         lambda bank: {"operation": "old", "principal": bank.pick("memo"), "previous_principals": (bank.pick("who"),)},
         ({"memo": "m"},), ("replayed",), before={"operation": "old"}),
    Case("lease", lambda bank: {"effect": "external", "lease": timedelta(seconds=600)}, ({},), ("500",),
         crash_under_a_long_lease),
    Case("reconcile", lambda bank: {"effect": "external", "reconcile": lambda attempt: bank.told()}, ({}, {}),
         ("500", "replayed"), crash_at_first),
    Case("retry_unknown", lambda bank: {"effect": "external", "retry_unknown": True}, ({}, {}),
         ("500", "executed"), crash_at_first),
    Case("horizon", lambda bank: {"effect": "external", "horizon": {"rail": timedelta(0)}}, ({},),
         ("outcome_unknown",), forgotten),
]  # fmt: skip


def named(case: Case) -> str:
    return f"{case.option}-{CASES.index(case)}"


@pytest.mark.filterwarnings("ignore")  # what these handlers write is not in our transaction
@pytest.mark.parametrize("kind", BANKS)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_an_option_has_an_effect_or_is_refused(dsn: str, db: Database, kind: type[Bank], case: Case) -> None:
    def bank() -> Bank:
        return kind(dsn, Idempotency(dsn, principal=lambda _: "alice"))

    if case.before:
        earlier = bank()
        assert earlier.ask(money_moving(**completed(earlier, case.before)), case.calls) == ["executed"]
    here = bank()
    here.during = case.during
    expected = case.functions if here.key_in_arguments and case.functions else case.expected
    mark = money_moving(**completed(here, case.options(here)))
    assert here.ask(mark, case.calls) == list(expected)
    if "refused" not in expected:
        query = f"SELECT {case.row} FROM idempotency_records ORDER BY created_at LIMIT 1"
        assert db.execute(query).fetchone() == (case.holds,)  # type: ignore[call-overload]


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("kind", BANKS)
def test_a_mark_says_how_long_a_duplicate_waits(dsn: str, db: Database, kind: type[Bank]) -> None:
    def ask(during: Callable[[Bank, int], None], wait: float) -> list[str]:
        bank = kind(dsn, Idempotency(dsn, principal=lambda _: "alice", wait=PATIENCE))  # a gate of its own
        bank.during = during
        return bank.ask(money_moving(**completed(bank, {"effect": "external", "wait": wait})), [{}])

    told: list[str] = []

    def duplicate(bank: Bank, run: int) -> None:
        thread = threading.Thread(target=lambda: told.extend(ask(nothing, 0)))
        thread.start()
        thread.join(PATIENCE / 2)

    assert (ask(duplicate, 1), told) == (["executed"], ["in_progress"])


def test_no_option_is_left_out() -> None:
    assert {case.option for case in CASES} | {"wait", "connection"} == {
        option.name for option in fields(MoneyMoving)
    }
