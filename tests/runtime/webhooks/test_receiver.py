"""The receiver in ``examples/webhook_receiver``, started as its page says, with deliveries as its providers sign them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.runtime import postgres
from tests.runtime.conftest import prepared
from tests.runtime.example_programs import EXAMPLES, Programs, answers, linted
from tests.runtime.webhooks.providers import (
    ADYEN_KEY,
    STANDARD_SECRET,
    STRIPE_SECRET,
    Delivery,
    adyen,
    adyen_item,
    standard,
    stripe,
)

pytestmark = pytest.mark.processes_not_measured  # an example, not the packages

RECEIVER = EXAMPLES / "webhook_receiver"


@pytest.fixture(scope="module")
def bank(server: postgres.Server, worker_id: str) -> Iterator[psycopg.Connection[Any]]:
    """The receiver's own database."""
    with psycopg.connect(prepared(server, f"{worker_id}_webhooks"), autocommit=True) as connection:
        connection.execute((RECEIVER / "schema.sql").read_text())  # type: ignore[call-overload]
        yield connection


@pytest.fixture(scope="module")
def receiver(
    bank: psycopg.Connection[Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    environment = {
        "DATABASE_URL": bank.info.dsn,
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
        "STANDARD_WEBHOOK_SECRET": STANDARD_SECRET,
        "ADYEN_HMAC_KEY": ADYEN_KEY,
        "IDEM_WAIT": "20",
    }
    programs = Programs(environment, tmp_path_factory.mktemp("receiver") / "log")
    url = f"http://127.0.0.1:{(port := postgres.free_port())}"
    try:
        programs.start("uvicorn", "webhook_receiver.main:app", "--port", str(port))
        programs.until(lambda: answers(url))
        with httpx.Client(base_url=url, timeout=30) as client:
            yield client
    finally:
        programs.end()


@pytest.fixture
def name() -> str:
    """Of a payment that no other test has."""
    return uuid.uuid4().hex[:12]


def credits_of(bank: psycopg.Connection[Any], name: str) -> list[int]:
    rows = bank.execute("SELECT amount FROM credits WHERE payment = %s", (name,)).fetchall()
    return [amount for (amount,) in rows]


def succeeded(name: str, event: str, amount: int = 500, **more: Any) -> dict[str, Any]:
    payment = {"id": name, "object": "payment_intent", "amount": amount, "currency": "eur"}
    return {"id": event, "type": "payment_intent.succeeded", "data": {"object": payment}, **more}


def settled(name: str, amount: int = 500) -> dict[str, Any]:
    return {"type": "payment.settled", "data": {"id": name, "amount": amount, "currency": "eur"}}


def test_an_event_of_stripe_that_is_sent_again_credits_once(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    first = receiver.post("/webhooks/stripe", **stripe(succeeded(name, f"evt_{name}", pending_webhooks=2)))
    again = receiver.post(
        "/webhooks/stripe", **stripe(succeeded(name, f"evt_{name}", pending_webhooks=1), ago=30)
    )
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert (again.headers["idempotent-replayed"], credits_of(bank, name)) == ("true", [500])


def test_two_events_of_stripe_about_one_payment_credit_it_once(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    for number in (1, 2):
        answer = receiver.post("/webhooks/stripe", **stripe(succeeded(name, f"evt_{name}_{number}")))
        assert (answer.status_code, "idempotent-replayed" in answer.headers) == (200, False)
    assert credits_of(bank, name) == [500]


def test_another_amount_for_a_payment_that_was_credited_is_refused_and_nothing_of_it_stays(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    receiver.post("/webhooks/stripe", **stripe(succeeded(name, f"evt_{name}_1")))
    answer = receiver.post("/webhooks/stripe", **stripe(succeeded(name, f"evt_{name}_2", amount=600)))
    noted = bank.execute("SELECT count(*) FROM events WHERE event LIKE %s", (f"%{name}_2",)).fetchone()
    assert (answer.status_code, answer.json()["code"], noted) == (409, "key_reused", (0,))
    assert credits_of(bank, name) == [500]


def test_a_standard_webhook_that_is_sent_again_credits_once(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    for ago in (30, 0):
        answer = receiver.post("/webhooks/standard", **standard(settled(name), name=f"msg_{name}", ago=ago))
        assert answer.status_code == 204
    assert ("idempotent-replayed" in answer.headers, credits_of(bank, name)) == (True, [500])


FORGERIES = {
    "stripe, other secret": lambda name: ("stripe", stripe(succeeded(name, f"evt_{name}"), secret="wrong")),
    "stripe, too old": lambda name: ("stripe", stripe(succeeded(name, f"evt_{name}"), ago=3000)),
    "standard, other secret": lambda name: (
        "standard",
        standard(settled(name), name=f"evt_{name}", secret="whsec_" + "d3Jvbmc="),
    ),
    "adyen, changed": lambda name: ("adyen", adyen({**adyen_item(name), "eventCode": "REFUND"})),
}
GENUINE = {
    "stripe": lambda name: stripe(succeeded(name, f"evt_{name}")),
    "standard": lambda name: standard(settled(name), name=f"evt_{name}"),
    "adyen": lambda name: adyen(adyen_item(name)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_not_signed_claims_no_key(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str, forgery: str
) -> None:
    provider, delivery = FORGERIES[forgery](name)
    assert receiver.post(f"/webhooks/{provider}", **delivery).status_code == 401
    keys = bank.execute(
        "SELECT idempotency_key FROM idempotency_records WHERE idempotency_key LIKE %s", (f"%{name}%",)
    ).fetchall()
    assert (keys, credits_of(bank, name)) == ([], [])
    genuine = receiver.post(f"/webhooks/{provider}", **GENUINE[provider](name))
    assert (genuine.status_code // 100, credits_of(bank, name)) == (2, [500])


def test_a_body_without_a_signature_is_refused(receiver: httpx.Client, name: str) -> None:
    for provider, event in (("stripe", succeeded(name, f"evt_{name}")), ("standard", settled(name))):
        answer = receiver.post(f"/webhooks/{provider}", json=event, headers={"webhook-id": name})
        assert answer.status_code == 401


def test_adyens_items_are_executed_once_in_whatever_delivery_they_come(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    one, two, three = (adyen_item(f"{name}{number}") for number in (1, 2, 3))
    for delivery in (adyen(one, two), adyen(two), adyen(two, three, one)):
        answer = receiver.post("/webhooks/adyen", **delivery)
        assert (answer.status_code, answer.text) == (200, "[accepted]")
    assert [credits_of(bank, f"{name}{number}") for number in (1, 2, 3)] == [[500], [500], [500]]


def test_another_outcome_of_one_payment_is_another_item_of_adyen(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    for success in ("false", "true", "true"):
        receiver.post("/webhooks/adyen", **adyen(adyen_item(name, success=success)))
    assert credits_of(bank, name) == [500]


def test_an_item_of_adyen_that_cannot_be_right_does_not_hold_up_the_others(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    receiver.post("/webhooks/adyen", **adyen(adyen_item(f"{name}1")))
    answer = receiver.post(
        "/webhooks/adyen", **adyen(adyen_item(f"{name}1", value=600), adyen_item(f"{name}2"))
    )
    assert (answer.status_code, answer.text) == (200, "[accepted]")
    assert (credits_of(bank, f"{name}1"), credits_of(bank, f"{name}2")) == ([500], [500])


def test_an_item_of_adyen_that_was_not_executed_is_not_accepted_and_comes_again(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    delivery = adyen(adyen_item(f"{name}1"), adyen_item(f"{name}\u00e9"), adyen_item(f"{name}2"))
    for _ in range(2):
        answer = receiver.post("/webhooks/adyen", **delivery)
        assert (answer.status_code, answer.json()) == (503, {"detail": "key_invalid"})
    assert [credits_of(bank, f"{name}{item}") for item in ("1", "2", "\u00e9")] == [[500], [500], []]


def test_adyens_items_wait_for_a_database_that_is_away(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str
) -> None:
    bank.execute("ALTER TABLE idempotency_records RENAME TO away")
    try:
        answer = receiver.post("/webhooks/adyen", **adyen(adyen_item(name)))
    finally:
        bank.execute("ALTER TABLE away RENAME TO idempotency_records")
    assert (answer.status_code // 100, credits_of(bank, name)) == (5, [])
    answer = receiver.post("/webhooks/adyen", **adyen(adyen_item(name)))
    assert (answer.text, credits_of(bank, name)) == ("[accepted]", [500])


@pytest.mark.parametrize("provider", GENUINE)
def test_a_storm_of_one_delivery_credits_once(
    receiver: httpx.Client, bank: psycopg.Connection[Any], name: str, provider: str
) -> None:
    async def main() -> list[int]:
        async with httpx.AsyncClient(base_url=receiver.base_url, timeout=180) as client:
            deliveries: list[Delivery] = [GENUINE[provider](name) for _ in range(20)]
            answers = await asyncio.gather(
                *(client.post(f"/webhooks/{provider}", **delivery) for delivery in deliveries)
            )
        return [answer.status_code // 100 for answer in answers]

    assert (asyncio.run(main()), credits_of(bank, name)) == ([2] * 20, [500])


def test_the_linter_finds_its_handlers_and_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = linted(RECEIVER, tmp_path, capsys)
    assert "No findings" in said
    assert "3 handlers, 3 marked, 0 undecided" in said
