"""Which call has which key: one per intent and operation, the same on every retry; what is ambiguous is refused."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.client import (
    AmbiguousIntent,
    CallPolicy,
    FileIntents,
    IntentMissing,
    KeptKey,
    current_intent,
    intent,
)
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from tests.runtime.client.wire import Wire

LOST = httpx.ReadError("lost")


def test_without_an_intent_each_call_has_a_key_of_its_own() -> None:
    wire = Wire()
    with wire.client() as client:
        client.post("/t")
        client.post("/t")
    assert len(set(wire.keys)) == 2
    assert all(str(UUID(key or "")) == key for key in wire.keys)


def test_what_is_no_write_gets_no_key() -> None:
    wire = Wire()
    with wire.client() as client:
        for method in ("GET", "PUT", "DELETE"):
            client.request(method, "/t")
    with wire.client(CallPolicy(methods=("DELETE",))) as client:
        client.delete("/t")
        client.post("/t")
    assert [key is not None for key in wire.keys] == [False, False, False, True, False]


def test_in_an_intent_a_retry_of_a_call_has_its_key_and_another_operation_has_another() -> None:
    wire = Wire(LOST, 503)
    with wire.client() as client, intent():
        with pytest.raises(httpx.ReadError):
            client.post("/t", json={"amount": 5})
        client.post("/t", json={"amount": 5})
        client.post("/t", json={"amount": 5})
        client.post("/fees", json={"amount": 5})
        client.patch("/t", json={"amount": 5})
    first, again, third, fee, patch = wire.keys
    assert first == again == third
    assert len({first, fee, patch}) == 3


def test_an_intent_that_failed_after_a_call_had_succeeded_is_run_again_from_its_beginning() -> None:
    wire, one = Wire(201, 201, 500), intent()
    with wire.client() as client:
        with pytest.raises(ZeroDivisionError), one:
            client.post("/t")
            raise ZeroDivisionError  # in a hook of the response, say
        with pytest.raises(AmbiguousIntent, match="has succeeded"), one:
            client.post("/t")
            client.post("/t")
        with one:
            with pytest.raises(AmbiguousIntent, match="another request"):
                client.post("/t", json={})
            client.post("/t")
    assert len(wire.keys) == 3
    assert len(set(wire.keys)) == 1


def test_a_step_that_failed_does_not_make_a_call_of_the_whole_new() -> None:
    wire = Wire()
    with wire.client() as client, intent():
        client.post("/t")
        with pytest.raises(ZeroDivisionError), intent("fee"):
            raise ZeroDivisionError
        with pytest.raises(AmbiguousIntent, match="has succeeded"):
            client.post("/t")


def test_an_intent_that_is_entered_again_goes_on_and_another_one_is_new() -> None:
    wire, one = Wire(LOST), intent()
    with wire.client() as client:
        with pytest.raises(httpx.ReadError), one:
            client.post("/t")
        with one:
            client.post("/t")
        with intent():
            client.post("/t")
    assert wire.keys[0] == wire.keys[1] != wire.keys[2]


@pytest.mark.parametrize(
    "other",
    [
        {"url": "/t", "json": {"amount": 6}},
        {"url": "/t?fast=1", "json": {"amount": 5}},
        {"url": "http://another/t", "json": {"amount": 5}},
    ],
    ids=["body", "query", "host"],
)
def test_another_request_for_the_same_operation_is_refused_before_it_leaves(other: dict[str, Any]) -> None:
    wire = Wire(500)
    with wire.client() as client, intent():
        client.post("/t", json={"amount": 5})
        with pytest.raises(AmbiguousIntent, match="POST /t was made with another request") as caught:
            client.post(**other)
    assert wire.keys == [caught.value.idempotency_key]


def test_a_call_that_has_succeeded_is_not_made_again_in_its_intent() -> None:
    wire = Wire(401, 201)
    with wire.client() as client, intent():
        client.post("/t")
        client.post("/t")  # with a new token, say
        with pytest.raises(AmbiguousIntent, match="has succeeded"):
            client.post("/t")
    assert len(wire.keys) == 2


def test_a_call_that_is_on_its_way_is_not_made_twice_at_once() -> None:
    async def main() -> list[Any]:
        async def answer(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0.01)
            return httpx.Response(201)

        transport = AsyncIdempotentTransport(httpx.MockTransport(answer))
        async with httpx.AsyncClient(transport=transport) as client, intent():
            calls = (client.post("http://bank/t"), client.post("http://bank/t"))
            return await asyncio.gather(*calls, return_exceptions=True)

    first, second = asyncio.run(main())
    assert first.status_code == 201
    assert isinstance(second, AmbiguousIntent)
    assert "is on its way" in str(second)


def test_calls_that_are_gathered_in_an_intent_have_keys_of_their_steps() -> None:
    wire = Wire()

    async def pay(client: httpx.AsyncClient, who: str) -> None:
        async with intent(who):
            await client.post("/t", json={"who": who})

    async def main() -> list[str | None]:
        async with wire.async_client() as client:
            for _ in range(2):
                async with intent():
                    await asyncio.gather(*(pay(client, f"e{number}") for number in range(10)))
                    assert current_intent().name is None  # type: ignore[union-attr]
        return wire.keys

    assert len(set(asyncio.run(main()))) == 20


def test_threads_that_share_a_client_have_intents_of_their_own() -> None:
    wire = Wire()

    def pay(number: int) -> None:
        with intent():
            for path in ("/t", "/fees"):
                client.post(path, json={"number": number})

    with wire.client() as client, ThreadPoolExecutor(8) as many:
        list(many.map(pay, range(50)))
    assert len(set(wire.keys)) == 100


def test_a_thread_is_in_an_intent_when_it_has_its_context() -> None:
    wire = Wire(500)
    with (
        wire.client(CallPolicy(attempts=1, require_intent=True)) as client,
        ThreadPoolExecutor(1) as thread,
        intent(),
    ):
        thread.submit(contextvars.copy_context().run, client.post, "/t").result()
        client.post("/t")
        with pytest.raises(IntentMissing, match="POST /t is in no intent"):
            thread.submit(client.post, "/t").result()
    assert wire.keys[0] == wire.keys[1]


def test_a_step_has_keys_of_its_own_which_a_retry_of_the_whole_finds_again(tmp_path: Path) -> None:
    wire, store = Wire(), FileIntents(tmp_path)
    with wire.client() as client:
        for _ in range(2):
            with intent("order-7", store=store) as order:
                client.post("/t", json={"amount": 5})
                with intent("fee") as fee:
                    assert (order.name, fee.name) == ("order-7", "order-7/fee")
                    client.post("/t", json={"amount": 1})
                    with intent("tax"):
                        client.post("/t")
    assert wire.keys[:3] == wire.keys[3:]
    assert len(set(wire.keys)) == 3


def test_a_step_that_is_made_twice_is_one_call() -> None:
    wire = Wire(500)
    with wire.client() as client, intent():
        for amount in (5, 5):
            with intent("fee"):
                client.post("/t", json={"amount": amount})
        with pytest.raises(AmbiguousIntent), intent("fee"):
            client.post("/t", json={"amount": 5})
    assert wire.keys[0] == wire.keys[1]


def test_a_callers_own_key_is_respected() -> None:
    wire = Wire()
    with wire.client() as client, intent():
        client.post("/t", headers={"Idempotency-Key": "mine"})
        client.post("/t", headers={"idempotency-key": '"theirs"'})
    assert wire.keys == ["mine", '"theirs"']


def test_a_key_that_the_caller_keeps_is_for_one_call() -> None:
    wire = Wire(LOST)
    with wire.client() as client:
        with pytest.raises(httpx.ReadError), intent("invoice-1", key="kept") as own:
            client.post("/t")
        with own:
            client.post("/t")
            with pytest.raises(AmbiguousIntent):
                client.post("/fees")
            with pytest.raises(ConfigurationError, match="has no steps"):
                intent("fee")
    assert wire.keys == ["kept", "kept"]


def test_a_request_that_is_sent_again_keeps_its_key_but_not_in_another_intent() -> None:
    wire = Wire(LOST, 500)
    with wire.client() as client:
        request = client.build_request("POST", "/t")
        with intent() as one:
            with pytest.raises(httpx.ReadError):
                client.send(request)
            client.send(request)
        client.send(request)
        with intent():
            client.send(request)
        with one, intent("step"):
            client.send(request)
    first, again, outside, another, step = wire.keys
    assert first == again == outside
    assert len({first, another, step}) == 3


def test_a_redirect_is_the_same_call() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        moved = {"location": "https://bank/t/"}
        return httpx.Response(201) if request.url.scheme == "https" else httpx.Response(307, headers=moved)

    transport = IdempotentTransport(httpx.MockTransport(answer))
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        client.post("http://bank/t", json={})
        with intent():
            client.post("http://bank/t", json={})
    assert keys[0] == keys[1] != keys[2] == keys[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "x"}, "nobody keeps this name"),
        ({"store": FileIntents("/x")}, "by its name"),
        ({"name": "", "store": FileIntents("/x")}, "by its name"),
        ({"name": "x", "store": FileIntents("/x"), "key": "k"}, "without key="),
        ({"key": ""}, "1 to 255"),
        ({"key": "é"}, "1 to 255"),
        ({"key": "k" * 256}, "1 to 255"),
        ({"key": 1.5}, "not float"),
        ({"name": 1.5, "store": FileIntents("/x")}, "not float"),
        ({"name": True, "store": FileIntents("/x")}, "not bool"),
        ({"name": b"x", "store": FileIntents("/x")}, "not bytes"),
        ({"name": "\udc80", "store": FileIntents("/x")}, "surrogates"),
        ({"usable_for": 0}, "usable_for=0 s"),
        ({"usable_for": "long"}, "usable_for='long'"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        intent(**arguments)


class Person:
    """Its text is the address of its memory: another one in each process."""

    id = 7


class Kind(Enum):
    FEE = "fee"


@pytest.mark.parametrize(
    "wrong", [Person(), 1.5, True, b"fee", "\udc80"], ids=lambda name: type(name).__name__
)
def test_a_step_is_named_by_what_is_the_same_after_a_restart(wrong: Any) -> None:
    with intent() as own:
        with pytest.raises(ConfigurationError, match="cannot be used"):
            intent(wrong)
        with pytest.raises(ConfigurationError, match="cannot be used"):
            own.step(wrong)


def test_a_name_is_one_as_text_number_uuid_or_member_of_an_enum(tmp_path: Path) -> None:
    names: list[tuple[Any, str]] = [(Person.id, "7"), (UUID(int=7), str(UUID(int=7))), (Kind.FEE, "fee")]
    store = FileIntents(tmp_path)
    for name, text in names:
        with intent(name, store=store) as one, intent(text, store=store) as other:
            assert one.name == other.name == text
            assert one.key_for("POST /t") == other.key_for("POST /t")
            with intent(name) as step, intent(key=UUID(int=7)) as exact:
                assert step.name == f"{text}/{text}"
                assert exact.key_for("POST /t") == str(UUID(int=7))


def test_an_intent_without_a_name_is_no_step() -> None:
    with intent(), pytest.raises(ConfigurationError, match="needs a name"):
        intent()


def test_an_intent_has_no_key_before_its_store_was_asked(tmp_path: Path) -> None:
    named = intent("x", store=FileIntents(tmp_path))
    with pytest.raises(ConfigurationError, match="is not entered"):
        named.key_for("POST /t")
    with named:
        assert named.key_for("POST /t") == named.key_for("POST /t") != named.key_for("POST /f")


def test_an_intent_asks_a_store_from_async_code(tmp_path: Path) -> None:
    class Later:
        async def keep(self, name: str) -> KeptKey:
            return KeptKey(UUID(int=7), 0)

    async def main() -> None:
        async with intent("x", store=FileIntents(tmp_path)) as kept:
            key = kept.key_for("POST /t")
        async with intent("x", store=FileIntents(tmp_path)) as again:
            assert again.key_for("POST /t") == key
        async with intent("x", store=Later()) as later, later:
            assert later.key_for("POST /t") != key
        with (
            pytest.raises(ConfigurationError, match="Later is async: async with"),
            intent("x", store=Later()),
        ):
            pass

    asyncio.run(main())


def own_records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Without those of an HTTP library."""
    return [record for record in caplog.records if record.name.startswith("idem_runtime")]


def test_who_makes_a_call_is_not_told_that_none_was_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire()
    with wire.client() as client:
        with intent(), intent("step"):
            client.post("/t")
        with intent():
            client.post("/t", headers={"Idempotency-Key": "mine"})
        with intent("x", store=FileIntents(tmp_path)) as own:
            own.key_for("POST /t")
        with pytest.raises(ZeroDivisionError), intent():
            raise ZeroDivisionError
        assert own_records(caplog) == []
        with intent():
            client.post("/t")
            with intent("step"):
                pass
    assert [record.levelname for record in own_records(caplog)] == ["WARNING"]


def test_async_code_is_told_too_and_where(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with intent():
            pass

    asyncio.run(main())
    assert [record.funcName for record in own_records(caplog)] == ["main"]
