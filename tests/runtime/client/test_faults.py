"""Whatever becomes of requests and answers on their way: one effect for each intent, and every caller has its true answer."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from idem_runtime.client import CallPolicy, intent
from tests.runtime.calls import Database
from tests.runtime.client.callers import CALLERS, PATIENCE
from tests.runtime.client.flaky_proxy import FAULTS, Fault, FlakyProxy, flaky

AFTER_THE_EFFECT = ("lost answer", "cut head", "cut body", "late answer", "bad gateway")
PATIENT = CallPolicy(attempts=200, budget=300, first_pause=0.01, longest_pause=0.1)
"""For a machine on which answers that are not late are late."""
LONG = 3.0
"""Seconds that 16 callers at once wait for an answer: what is not late is there by then."""
CHEAP = tuple(fault for fault in FAULTS if "late" not in fault)


def effects(db: Database) -> dict[int, list[int]]:
    """The ids of the ledger's entries, by amount."""
    found: dict[int, list[int]] = {}
    for amount, number in db.execute("SELECT amount, id FROM ledger ORDER BY id").fetchall():
        found.setdefault(int(str(amount)), []).append(int(str(number)))
    return found


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("caller", CALLERS)
def test_after_each_fault_there_is_one_effect_and_the_true_answer(
    db: Database, proxy: FlakyProxy, caller: str, fault: Fault
) -> None:
    proxy.plan = [fault]
    patience = PATIENCE if "late" in fault else 10
    answer = CALLERS[caller](proxy.url, 1, intent=intent(), patience=patience)
    proxy.close()  # what is late has come through
    assert (answer.status, answer.attempts >= 2) == (201, True)
    assert effects(db) == {1: [answer.id]}
    assert answer.replayed == (fault in AFTER_THE_EFFECT)


@pytest.mark.parametrize("caller", CALLERS)
def test_callers_at_once_through_random_faults(db: Database, proxy: FlakyProxy, caller: str) -> None:
    chance = random.Random(caller)
    proxy.plan = chance.choices((*CHEAP, "none"), k=40)
    with ThreadPoolExecutor(8) as many:
        answers = list(
            many.map(
                lambda amount: CALLERS[caller](proxy.url, amount, intent=intent(), patience=10), range(1, 17)
            )
        )
    assert effects(db) == {answer.amount: [answer.id] for answer in answers}
    assert sorted(effects(db)) == list(range(1, 17))


@pytest.mark.exhaustive
@pytest.mark.parametrize("caller", CALLERS)
def test_many_callers_through_many_random_faults(db: Database, bank: int, caller: str) -> None:
    chance = random.Random(caller)
    with flaky(bank, patience=LONG) as proxy, ThreadPoolExecutor(16) as many:
        proxy.plan = chance.choices((*FAULTS, *(["none"] * len(FAULTS))), k=400)
        answers = list(
            many.map(
                lambda amount: CALLERS[caller](
                    proxy.url, amount, intent=intent(), policy=PATIENT, patience=LONG
                ),
                range(1, 151),
            )
        )
    assert effects(db) == {answer.amount: [answer.id] for answer in answers}
    assert sorted(effects(db)) == list(range(1, 151))
