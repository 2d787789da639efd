"""The programs in ``docs/webhooks.md``, which go on where the one before ends; only addresses and secrets are replaced."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from idem_runtime.marks import install_for_process, process_admission
from tests.runtime.adapters import serve
from tests.runtime.webhooks.providers import STANDARD_SECRET, Delivery, adyen, adyen_item, standard

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")


async def verified() -> None:
    """Stands for the signatures of Stripe and Adyen, which the receiver in the examples checks."""


@pytest.fixture
def bank(dsn: str, db: psycopg.Connection[Any]) -> Iterator[serve.Client]:
    module: Any = types.ModuleType("documented")
    module.signed_by_stripe = module.signed_by_adyen = verified
    sys.modules["documented"] = module  # FastAPI looks annotations up there
    for _, program in re.findall(r"<!-- program: (\w+) -->\n```python\n(.*?)```", PAGE, re.DOTALL):
        program = program.replace("postgresql://…", dsn).replace("whsec_…", STANDARD_SECRET)
        exec(compile(program, "documented.py", "exec"), vars(module))
    db.execute("CREATE TABLE events (id text, type text)")
    with serve.asgi(module.app) as client:
        yield client
    db.execute("DROP TABLE events")


def post(bank: serve.Client, path: str, delivery: Delivery) -> httpx.Response:
    return bank.http.post(path, **delivery)


def paid(db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return db.execute("SELECT who, amount FROM ledger ORDER BY id").fetchall()


def test_the_program_for_standard_webhooks(bank: serve.Client, db: psycopg.Connection[Any]) -> None:
    event = {"payment": "p1", "amount": 5}
    forged = post(bank, "/hooks/provider", standard(event, name="msg_1", secret="whsec_d3Jvbmc="))
    answers = [post(bank, "/hooks/provider", standard(event, name="msg_1", ago=ago)) for ago in (60, 0)]
    assert (forged.status_code, [answer.status_code for answer in answers]) == (401, [204, 204])
    assert paid(db) == [("p1", 5)]


def test_the_program_for_stripe(bank: serve.Client, db: psycopg.Connection[Any]) -> None:
    def event(name: str, amount: int = 5, **more: Any) -> Delivery:
        data = {"object": {"id": "pi_1", "amount": amount}}
        return {"json": {"id": name, "type": "payment_intent.succeeded", "data": data, **more}}

    first = post(bank, "/hooks/stripe", event("evt_1", pending_webhooks=2))
    again = post(bank, "/hooks/stripe", event("evt_1", pending_webhooks=1))
    other = post(bank, "/hooks/stripe", event("evt_2"))
    wrong = post(bank, "/hooks/stripe", event("evt_3", amount=6))
    assert [answer.status_code for answer in (first, again, other, wrong)] == [200, 200, 200, 409]
    assert (again.headers["idempotent-replayed"], wrong.json()["code"]) == ("true", "key_reused")
    assert paid(db) == [("pi_1", 5)]
    assert db.execute("SELECT id FROM events ORDER BY id").fetchall() == [("evt_1",), ("evt_2",)]


def test_the_program_for_adyen(
    bank: serve.Client, db: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, wrong = adyen_item("r1"), adyen_item("r2"), adyen_item("r1", value=600)
    answers = [post(bank, "/hooks/adyen", delivery) for delivery in (adyen(one), adyen(two, one, wrong))]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "[accepted]")] * 2
    assert paid(db) == [("r1", 500), ("r2", 500)]
    assert "look at r1: key_reused" in capsys.readouterr().out


def test_what_adyen_sent_is_not_accepted_where_an_item_was_not_executed(
    bank: serve.Client, db: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    no_key = adyen(adyen_item("r\u00e9"), adyen_item("r3"))
    answers = [post(bank, "/hooks/adyen", no_key) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (503, {"detail": "key_invalid"})
    ] * 2
    assert (paid(db), capsys.readouterr().out) == ([("r3", 500)], "")


def test_what_adyen_sent_is_not_accepted_where_nothing_is_installed(
    bank: serve.Client, db: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery, installed = adyen(adyen_item("r4")), process_admission()
    install_for_process(None)
    try:
        answer = post(bank, "/hooks/adyen", delivery)
    finally:
        install_for_process(installed)
    assert (answer.status_code, answer.json(), paid(db)) == (503, {"detail": "not_installed"}, [])
    assert (post(bank, "/hooks/adyen", delivery).text, paid(db)) == ("[accepted]", [("r4", 500)])
