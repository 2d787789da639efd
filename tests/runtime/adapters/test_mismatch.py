"""Another payload beside a running original is ``key_reused``, whichever process is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from idem_runtime import Idempotency, money_moving
from idem_runtime.idempotency import runtime_of
from tests.runtime.adapters.asking import PATIENCE, Database
from tests.runtime.adapters.banks import BANKS, Bank, completed, nothing


@pytest.mark.filterwarnings("ignore")  # what these handlers write is not in our transaction
@pytest.mark.parametrize("kind", BANKS)
@pytest.mark.parametrize(
    ("effect", "same_process", "expected"),
    [
        ("external", True, "key_reused"),
        ("external", False, "key_reused"),
        ("local", True, "key_reused"),
        ("local", False, "in_progress"),  # what is not committed shows nobody its fingerprint
    ],
)
def test_another_payload_beside_a_running_original(
    dsn: str, db: Database, kind: type[Bank], effect: str, same_process: bool, expected: str
) -> None:
    first = Idempotency(dsn, principal=lambda _: "alice")
    told: list[str] = []

    def ask(idem: Idempotency, memo: str, during: Callable[[Bank, int], None]) -> list[str]:
        bank = kind(dsn, idem)
        bank.during = during
        return bank.ask(money_moving(**completed(bank, {"effect": effect, "wait": 0.2})), [{"memo": memo}])

    def other() -> None:
        idem = Idempotency(dsn, principal=lambda _: "alice")
        if same_process:
            runtime_of(idem).policy = replace(runtime_of(idem).policy, gate=runtime_of(first).policy.gate)
        told.extend(ask(idem, "other", nothing))

    def beside(bank: Bank, run: int) -> None:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(PATIENCE)

    assert (ask(first, "", beside), told) == (["executed"], [expected])
