"""What a call of a plain function says: equal however it is written, and the same when it is run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from idem_runtime import ExecutedResponseLost, Idempotency, KeyReused, RetriesExhausted, money_moving
from idem_runtime.adapters.function.signature import arguments
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.calls import INSERT, Database, finished


@pytest.fixture
def idem(dsn: str, db: Database) -> Iterator[Idempotency]:
    idem = Idempotency(dsn, pool_size=2)
    idem.install()
    yield idem
    idem.close()


def plain(name, amount=5, db=Idempotency.lent): ...
def keyword_only(name, *, amount=5, db=Idempotency.lent): ...
def positional_only(name, amount=5, /, db=Idempotency.lent): ...
def more_of_both(name, *amounts, db=Idempotency.lent, **words): ...


class Service:
    def method(self, name, amount=5, db=Idempotency.lent): ...
    @classmethod
    def of_class(cls, name, amount=5, db=Idempotency.lent): ...
    @staticmethod
    def static(name, amount=5, db=Idempotency.lent): ...


def self_is_a_name(self): ...


SAID = {"name": "a", "amount": 5}
OBJECT = object()


def call(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


@pytest.mark.parametrize(
    ("function", "calls", "said"),
    [
        (plain, [call("a"), call("a", 5), call("a", amount=5), call(name="a"), call(amount=5, name="a")], SAID),
        (plain, [call("a", 5, OBJECT), call("a", db=OBJECT)], SAID),
        (keyword_only, [call("a"), call("a", amount=5), call(amount=5, name="a")], SAID),
        (positional_only, [call("a"), call("a", 5), call("a", 5, OBJECT), call("a", db=OBJECT)], SAID),
        (more_of_both, [call("a"), call("a", db=OBJECT)], {"name": "a", "amounts": (), "words": {}}),
        (more_of_both, [call("a", 1, 2, x=3)], {"name": "a", "amounts": (1, 2), "words": {"x": 3}}),
        (Service.method, [call(OBJECT, "a"), call(OBJECT, "a", 5), call(OBJECT, name="a", amount=5)], SAID),
        (Service.__dict__["of_class"].__func__, [call(Service, "a"), call(Service, "a", amount=5)], SAID),
        (Service.static, [call("a"), call("a", 5)], SAID),
        (self_is_a_name, [call("a"), call(self="a")], {"self": "a"}),
        (plain, [call()], {"amount": 5}),
    ],
)  # fmt: skip
def test_a_call_says_the_same_however_it_is_written(
    function: Callable[..., Any], calls: list[Any], said: dict[str, Any]
) -> None:
    assert [arguments(function, *each) for each in calls] == [said] * len(calls)


def test_too_many_arguments_are_the_callers_error() -> None:
    with pytest.raises(TypeError, match="too many"):
        arguments(plain, ("a", 5, OBJECT, "one more"), {})


class Bank:
    @money_moving(
        operation="method", key=lambda self, name, note="x": name, principal=lambda *_, **__: "alice"
    )
    def method(self, name: str, note: str = "x", db: Database = Idempotency.lent) -> str:
        db.execute(INSERT, (5,))
        return name

    @staticmethod
    @money_moving(operation="static", key=lambda name, note="x": name, principal=lambda *_, **__: "alice")
    def static(name: str, note: str = "x", db: Database = Idempotency.lent) -> str:
        db.execute(INSERT, (5,))
        return name

    @classmethod
    @money_moving(operation="class", key=lambda cls, name, note="x": name, principal=lambda *_, **__: "alice")
    def of_class(cls, name: str, note: str = "x", db: Database = Idempotency.lent) -> str:
        db.execute(INSERT, (5,))
        return name


@pytest.mark.parametrize("name", ["method", "static", "of_class"])
def test_a_retry_on_another_object_or_with_its_defaults_spelled_out_replays(
    idem: Idempotency, db: Database, name: str
) -> None:
    assert [getattr(Bank(), name)("k"), getattr(Bank(), name)("k", note="x")] == ["k", "k"]
    with pytest.raises(KeyReused):
        getattr(Bank(), name)("k", "y")
    assert ledger(db) == [5]


@pytest.mark.parametrize(
    ("result", "annotation"),
    [([1, "a", None], list), ({"a": {"b": 1.5}}, dict[str, Any]), (Decimal("1.10"), Decimal), (None, None)],
)
def test_a_replayed_result_equals_the_first(
    idem: Idempotency, db: Database, result: Any, annotation: Any
) -> None:
    def pay(name: str, db: Database = idem.lent) -> Any:
        db.execute(INSERT, (5,))
        return result

    pay.__annotations__["return"] = annotation
    paid = money_moving(operation="pay", key=lambda name: name, principal=lambda name: "alice")(pay)
    assert [paid("k"), paid(name="k")] == [result, result]
    assert ledger(db) == [5]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_conflict_after_the_arguments_were_used_up_is_told_and_nothing_is_recorded(
    idem: Idempotency, db: Database, colour: str
) -> None:
    said = {"operation": "pay", "key": lambda name, batch: name, "principal": lambda name, batch: "alice"}

    @money_moving(**said)
    def pay(name: str, batch: list[int], db: Database = idem.lent) -> None:
        while batch:
            db.execute(INSERT, (batch.pop(),))
        raise psycopg.errors.SerializationFailure

    @money_moving(**said)
    async def apay(name: str, batch: list[int], db: Any = idem.lent) -> None:
        while batch:
            await db.execute(INSERT, (batch.pop(),))
        raise psycopg.errors.SerializationFailure

    with pytest.raises(RetriesExhausted, match="changed its own arguments"):
        _ = pay("k", [1, 2]) if colour == "sync" else finished(idem, lambda: apay("k", [1, 2]))
    assert (ledger(db), records(db)) == ([], 0)


def test_a_stored_answer_that_does_not_fit_the_return_type_is_said_and_not_run_again(
    dsn: str, db: psycopg.Connection[Any]
) -> None:
    idem = Idempotency(dsn)
    idem.install()
    runs: list[int] = []

    @money_moving(operation="pay", key=lambda: "k", principal=lambda: "alice")
    def pay(ours: Any = idem.lent) -> int:
        ours.execute("INSERT INTO ledger (amount) VALUES (1)")
        runs.append(1)
        return 1

    pay()
    db.execute("UPDATE idempotency_records SET response_body = '{}'")
    with pytest.raises(ExecutedResponseLost, match=r"does not fit its return type .* valid integer"):
        pay()
    assert runs == [1]
    idem.close()
