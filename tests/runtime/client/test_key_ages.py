"""How old a key may be when it is sent, by which clock."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from idem_runtime.client import KeptKey, KeyTooOld, intent
from tests.runtime.client.wire import Wire


class Aged:
    """A store whose keys have an age."""

    def __init__(self, age: timedelta) -> None:
        self.age = age

    def keep(self, name: str) -> KeptKey:
        return KeptKey(UUID(int=7), self.age.total_seconds())


@pytest.mark.parametrize(
    ("age", "options", "sent"),
    [
        (timedelta(hours=22), {}, True),
        (timedelta(hours=23, seconds=1), {}, False),
        (timedelta(hours=23, seconds=1), {"usable_for": timedelta(days=3)}, True),
        (timedelta(seconds=11), {"usable_for": 10}, False),
        (timedelta(minutes=-4), {}, True),
        (timedelta(minutes=-6), {}, False),
    ],
)
def test_a_key_that_servers_may_have_forgotten_is_not_sent(
    age: timedelta, options: dict[str, Any], sent: bool
) -> None:
    wire = Wire()
    with wire.client() as client, intent("old", store=Aged(age), **options):
        if sent:
            client.post("/t")
        else:
            with pytest.raises(KeyTooOld, match="a server may have forgotten it") as caught:
                client.post("/t")
            assert (caught.value.intent, len(caught.value.idempotency_key or "")) == ("old", 36)
            with intent("step"), pytest.raises(KeyTooOld):
                client.post("/t")
    assert len(wire.keys) == sent


def test_a_request_with_an_old_key_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(500)
    with wire.client() as client:
        request = client.build_request("POST", "/t")
        client.send(request)
        later = time.time() + 24 * 3600
        monkeypatch.setattr("idem_runtime.client.birth.time.time", lambda: later)
        with pytest.raises(KeyTooOld):
            client.send(request)
    assert len(wire.keys) == 1


def test_a_request_of_an_old_intent_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(500)
    with wire.client() as client, intent("old", store=Aged(timedelta(hours=22, minutes=59))):
        request = client.build_request("POST", "/t")
        client.send(request)
        later = time.time() + 120
        monkeypatch.setattr("idem_runtime.client.birth.time.time", lambda: later)
        with pytest.raises(KeyTooOld) as caught:
            client.send(request)
    assert caught.value.intent == "old"
    assert len(wire.keys) == 1


DAY = 24 * 3600


@pytest.mark.parametrize("store", [None, Aged(timedelta(hours=1)), Aged(timedelta(minutes=-4))])
def test_a_clock_that_is_set_back_makes_no_key_younger(monkeypatch: pytest.MonkeyPatch, store: Any) -> None:
    wire, now, passed = Wire(500, 500), time.time(), time.monotonic()
    with wire.client() as client, intent("old" if store else None, store=store):
        request = client.build_request("POST", "/t")
        client.send(request)
        monkeypatch.setattr("idem_runtime.client.birth.time.monotonic", lambda: passed + DAY + 3600)
        monkeypatch.setattr("idem_runtime.client.birth.time.time", lambda: now + DAY - 3 * 3600)
        with pytest.raises(KeyTooOld):
            client.post("/t")
        with pytest.raises(KeyTooOld):
            client.send(request)
        with intent("step"), pytest.raises(KeyTooOld):
            client.post("/t")
    assert len(wire.keys) == 1


def test_a_clock_that_is_set_back_stops_no_key_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, now = Wire(500), time.time()
    with wire.client() as client, intent():
        client.post("/t")
        monkeypatch.setattr("idem_runtime.client.birth.time.time", lambda: now - DAY)
        client.post("/t")
    assert len(set(wire.keys)) == 1
