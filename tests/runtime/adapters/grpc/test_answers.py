"""What a method says, when its client hears of it, and what a retry hears."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import grpc
import psycopg
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import aio

from idem_runtime import Idempotency, NotExecuted, Response, money_moving
from idem_runtime.adapters.rpc.answers import KEPT_FREE, LONGEST_METADATA
from idem_runtime.adapters.rpc.codes import NAMES
from tests.runtime.adapters.contract import ledger, records
from tests.runtime.adapters.grpc.asking import BOTH, INSERT, Asked, Asking, bank_class, pb2, serving, tenant

Database = psycopg.Connection[Any]
RECORDED = (
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
)
FREE = tuple(name for name in NAMES if name not in (*RECORDED, "OK"))


class Says:
    """A bank whose method does to its context what a test says; each call writes to the ledger first."""

    def __init__(self, idem: Idempotency, kind: str) -> None:
        self.says: Any = None
        self.calls = 0
        self.contexts: list[Any] = []
        self.idem = idem
        self.is_aio = kind.startswith("aio")
        external = {"effect": "external"} if kind.endswith("external") else {"connection": "inside"}
        method = self._async_method() if kind.startswith("aio") else self._sync_method()
        self.servicer = bank_class(Transfers=money_moving(**external)(method))()  # type: ignore[call-overload]
        self.local = "external" not in kind

    def _sync_method(self) -> Any:
        def transfers(_: Any, request: Any, context: Any) -> Any:
            if self.local:
                self.idem.sync_connection().execute(INSERT, (request.amount,))
            return self._said(request, context)

        return transfers

    def _async_method(self) -> Any:
        async def transfers(_: Any, request: Any, context: Any) -> Any:
            if self.local:
                await (await self.idem.connection()).execute(INSERT, (request.amount,))
            said = self._said(request, context)
            return await said if hasattr(said, "__await__") else said

        return transfers

    def _said(self, request: Any, context: Any) -> Any:
        self.calls += 1
        self.contexts.append(context)
        return self.says(request, context)


@contextmanager
def bank(kind: str, dsn: str, **options: Any) -> Iterator[tuple[Says, Asking]]:
    idem = Idempotency(dsn, principal=tenant, **options)
    says = Says(idem, kind)
    with serving(idem, says.servicer, aio=kind.startswith("aio")) as ask:
        yield says, ask


@pytest.fixture(scope="module", params=BOTH)
def said(request: pytest.FixtureRequest, dsn: str) -> Iterator[tuple[Says, Asking]]:
    with bank(request.param, dsn) as both:
        yield both


def twice(said: tuple[Says, Asking], says: Any) -> tuple[Asked, Asked]:
    said[0].says, said[0].calls = says, 0
    return said[1](), said[1]()


@pytest.mark.parametrize("name", RECORDED)
def test_a_code_that_decides_is_recorded_and_its_effect_undone_where_it_was_raised(
    said: tuple[Says, Asking], db: Database, name: str
) -> None:
    code = grpc.StatusCode[name]
    first, again = twice(said, lambda request, context: context.abort(code, "no"))
    assert (first.code, first.details, first.replayed) == (name, "no", False)
    assert (again.code, again.details, again.replayed) == (name, "no", True)
    assert (ledger(db), records(db), said[0].calls) == ([], 1, 1)


@pytest.mark.parametrize("name", FREE)
def test_a_code_that_decides_nothing_frees_the_key(
    said: tuple[Says, Asking], db: Database, name: str
) -> None:
    code = grpc.StatusCode[name]
    first, again = twice(said, lambda request, context: context.abort(code, "later"))
    assert (first.code, again.code, again.replayed, again.details) == (name, name, False, "later")
    assert (ledger(db), records(db), said[0].calls) == ([], 0, 2)


def setting(code: Any, details: str = "set") -> Any:
    def says(request: Any, context: Any) -> Any:
        context.set_code(code)
        context.set_details(details)
        return pb2.Reply()

    return says


@pytest.mark.parametrize("name", RECORDED)
def test_a_code_that_was_set_and_returned_keeps_the_effect(
    said: tuple[Says, Asking], db: Database, name: str
) -> None:
    first, again = twice(said, setting(grpc.StatusCode[name]))
    assert (first.code, again.code, again.details, again.replayed) == (name, name, "set", True)
    assert (ledger(db), said[0].calls) == ([5], 1)


def test_a_code_that_was_set_and_frees_the_key_undoes_the_effect(
    said: tuple[Says, Asking], db: Database
) -> None:
    first, again = twice(said, setting(grpc.StatusCode.UNAVAILABLE))
    assert (first.code, again.replayed, ledger(db), records(db)) == ("UNAVAILABLE", False, [], 0)


@pytest.mark.parametrize(("code", "name"), [(9, "FAILED_PRECONDITION"), (99, "UNKNOWN"), ("x", "UNKNOWN")])
def test_a_code_may_be_a_number_and_what_is_no_code_is_unknown(
    said: tuple[Says, Asking], db: Database, code: Any, name: str
) -> None:
    first, _ = twice(said, setting(code))
    assert first.code == name


def test_a_code_that_is_set_back_is_a_success(said: tuple[Says, Asking], db: Database) -> None:
    def says(request: Any, context: Any) -> Any:
        context.set_code(grpc.StatusCode.NOT_FOUND)
        assert context.code() is grpc.StatusCode.NOT_FOUND
        context.set_code(None)
        context.set_details("fine")
        assert (context.code(), context.details()) == (None, "fine")
        return pb2.Reply(id=1)

    first, again = twice(said, says)
    assert (first.code, again.code, again.reply.id) == ("OK", "OK", 1)
    assert ledger(db) == [5]


def test_an_abort_that_is_swallowed_counts_as_raised(said: tuple[Says, Asking], db: Database) -> None:
    def swallowing(request: Any, context: Any) -> Any:
        try:
            context.abort(grpc.StatusCode.NOT_FOUND, "gone")
        except Exception:
            with pytest.raises(Exception, match="Locally"):
                context.abort(grpc.StatusCode.OUT_OF_RANGE, "second")
        return pb2.Reply(id=1)

    async def swallowing_async(request: Any, context: Any) -> Any:
        try:
            await context.abort(grpc.StatusCode.NOT_FOUND, "gone")
        except aio.AbortError:
            with pytest.raises(aio.AbortError):
                await context.abort(grpc.StatusCode.OUT_OF_RANGE, "second")
        return pb2.Reply(id=1)

    first, again = twice(said, swallowing_async if said[0].is_aio else swallowing)
    assert (first.code, first.details, again.details, again.replayed) == ("NOT_FOUND", "gone", "gone", True)
    assert (ledger(db), records(db)) == ([], 1)


def test_a_success_that_is_raised_is_undone_and_said_to_be(said: tuple[Says, Asking], db: Database) -> None:
    first, again = twice(said, lambda request, context: context.abort(grpc.StatusCode.OK, ""))
    assert (first.code, first.problem, again.problem) == ("INTERNAL", "raised_success", "raised_success")
    assert (ledger(db), records(db), said[0].calls) == ([], 0, 2)


class RichStatus(NamedTuple):
    """``grpc.Status``, as ``grpc_status.rpc_status.to_status`` makes it."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: Any


def test_a_rich_status_replays_with_its_details(said: tuple[Says, Asking], db: Database) -> None:
    info = ErrorInfo(reason="LIMIT", domain="bank")
    rich = Status(code=NAMES["FAILED_PRECONDITION"], message="limit")
    rich.details.add().Pack(info)
    status = RichStatus(
        grpc.StatusCode.FAILED_PRECONDITION,
        "limit",
        (("grpc-status-details-bin", rich.SerializeToString()),),
    )
    first, again = twice(said, lambda request, context: context.abort_with_status(status))
    assert first.code == again.code == "FAILED_PRECONDITION"
    assert first.trailing["grpc-status-details-bin"] == rich.SerializeToString()
    assert again.trailing["grpc-status-details-bin"] == rich.SerializeToString()


# Metadata


def test_trailing_metadata_replays_and_initial_metadata_as_far_as_it_may(
    said: tuple[Says, Asking], db: Database
) -> None:
    trailing = (("x-balance", "5"), ("x-digest-bin", b"\0\xff"), ("x-twice", "a"), ("set-cookie", "s=1"))

    def says(request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "no"),))
        context.set_trailing_metadata(trailing)
        assert context.trailing_metadata() == trailing
        sending = context.send_initial_metadata((("location", "/t/1"), ("x-request-id", "r1")))

        async def done() -> Any:
            await sending
            return pb2.Reply(id=1)

        return pb2.Reply(id=1) if sending is None else done()

    first, again = twice(said, says)
    assert {name: first.trailing.get(name) for name, _ in trailing} == dict(trailing)
    assert (first.initial["location"], first.initial["x-request-id"]) == ("/t/1", "r1")
    expected = {**dict(trailing), "set-cookie": None, "x-first": None}
    assert {name: again.trailing.get(name) for name in expected} == expected
    assert (again.initial.get("location"), again.initial.get("x-request-id")) == ("/t/1", None)


@pytest.mark.parametrize(
    "metadata",
    [
        (("X-Upper", "v"),),
        (("grpc-status", "0"),),
        (("x-a", "é"),),
        (("x-a", b"bytes"),),
        (("x-a-bin", "text"),),
        ((1, "v"),),
    ],
)
def test_metadata_that_cannot_be_sent_is_refused_before_anything_is_committed(
    said: tuple[Says, Asking], db: Database, metadata: Any
) -> None:
    first, _ = twice(said, lambda request, context: context.set_trailing_metadata(metadata))
    assert (first.code, ledger(db), records(db)) == ("UNKNOWN", [], 0)


def test_details_that_cannot_be_sent_are_refused_before_anything_is_committed(
    said: tuple[Says, Asking], db: Database
) -> None:
    first, _ = twice(said, setting(grpc.StatusCode.NOT_FOUND, "\ud800"))
    assert (first.code, ledger(db), records(db)) == ("NOT_FOUND", [], 0)
    assert first.details.startswith("The method failed")


def test_details_of_any_text_replay(said: tuple[Says, Asking], db: Database) -> None:
    text = "zu spät: 5 € \0 %20\n"
    first, again = twice(said, setting(grpc.StatusCode.NOT_FOUND, text))
    assert (first.details, again.details) == (text, text)


def test_more_metadata_than_clients_take_cannot_be_stored(said: tuple[Says, Asking], db: Database) -> None:
    first, _ = twice(said, setting(grpc.StatusCode.NOT_FOUND, "x" * 8_200))
    assert (first.problem, ledger(db), records(db)) == ("response_unstorable", [], 0)


LARGEST = LONGEST_METADATA - KEPT_FREE
NAMED = 32 + len("x-a-bin")


def with_metadata(*metadata: tuple[str, Any], details: str = "") -> Any:
    def says(request: Any, context: Any) -> Any:
        context.set_details(details)
        context.set_trailing_metadata(metadata)
        return pb2.Reply(id=1)

    return says


@pytest.mark.parametrize(
    "says",
    [
        with_metadata(details="余额不足" * 250),
        with_metadata(details="%" * 2_600),
        with_metadata(("x-a-bin", b"z" * 5_760)),
        with_metadata(*((f"h{number}", "v") for number in range(230))),
        with_metadata(("x-a", "a" * (LARGEST - 32 - 3 + 1))),
    ],
)
def test_metadata_counts_as_it_is_on_the_wire(said: tuple[Says, Asking], db: Database, says: Any) -> None:
    first, _ = twice(said, says)
    assert (first.code, first.problem, ledger(db), records(db)) == ("INTERNAL", "response_unstorable", [], 0)


@pytest.mark.parametrize(
    "says",
    [
        with_metadata(details="余" * ((LARGEST - 32 - 12) // 9)),
        with_metadata(details="x y" * ((LARGEST - 32 - 12) // 3)),
        with_metadata(("x-a-bin", b"z" * ((LARGEST - NAMED) * 3 // 4))),
        with_metadata(*((f"h{number:03}", "v") for number in range(LARGEST // 37))),
        with_metadata(("x-a", "a" * (LARGEST - 32 - 3))),
    ],
)
def test_all_that_is_committed_reaches_its_client_however_often(
    said: tuple[Says, Asking], db: Database, says: Any
) -> None:
    first, _ = twice(said, says)
    assert (first.code, ledger(db)) == ("OK", [5])
    assert {(again.code, again.replayed) for again in (said[1]() for _ in range(20))} == {("OK", True)}


def test_initial_metadata_is_sent_once(said: tuple[Says, Asking], db: Database) -> None:
    def says(request: Any, context: Any) -> Any:
        held = (("x-a", "1"),)
        first = context.send_initial_metadata(held)
        if first is None:
            context.send_initial_metadata(held)

        async def both() -> Any:
            await first
            await context.send_initial_metadata(held)

        return both()

    first, _ = twice(said, says)
    assert (first.code, ledger(db)) == ("UNKNOWN", [])


def test_nothing_is_sent_before_the_commit(dsn: str, db: Database) -> None:
    """Neither by an abort, which aio sends at once, nor by initial metadata."""
    for kind in BOTH:
        with psycopg.connect(dsn) as other, bank(kind, dsn) as (says, ask):
            other.execute("LOCK idempotency_records IN SHARE MODE")  # nobody can record anything
            says.says = lambda request, context: context.abort(grpc.StatusCode.NOT_FOUND, "gone")
            call = ask.later(key=kind)
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            while not db.execute(waits).fetchone():
                assert not call.done()
            assert not call.done()
            other.rollback()
            assert call.exception(20).code() is grpc.StatusCode.NOT_FOUND


# Messages


def test_the_bytes_that_were_recorded_are_sent_as_they_are(said: tuple[Says, Asking], db: Database) -> None:
    """A map is written in another order by every parse; so is an unknown field."""
    unknown_first = b"\xaa\x06\x01x" + pb2.Reply(id=7).SerializeToString()
    first, again = twice(said, lambda request, context: pb2.Reply.FromString(unknown_first))
    assert first.raw == again.raw
    assert again.reply.id == 7


@pytest.mark.parametrize("reply", [None, pb2.Ask(amount=1), b"bytes", {}])
def test_a_message_of_another_type_is_found_out_before_anything_is_committed(
    said: tuple[Says, Asking], db: Database, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = twice(said, lambda request, context: reply)
    assert (first.code, ledger(db), records(db), said[0].calls) == ("UNKNOWN", [], 0, 2)
    assert "idem.tests.bank.Bank/Transfers raised TypeError" in caplog.text


def test_a_request_that_a_run_changed_is_whole_in_the_next_run(
    said: tuple[Says, Asking], db: Database
) -> None:
    seen: list[int] = []

    def says(request: Any, context: Any) -> Any:
        seen.append(request.amount)
        request.amount = 99
        context.set_trailing_metadata((("x-run", str(len(seen))),))
        if len(seen) == 1:
            raise psycopg.errors.SerializationFailure
        assert context.details() == ""
        return pb2.Reply(id=1)

    first, again = twice(said, says)
    assert (first.code, again.replayed, seen, ledger(db)) == ("OK", True, [5, 5], [5])
    assert (first.trailing["x-run"], again.trailing["x-run"]) == ("2", "2")
    contexts = said[0].contexts[-2:]
    assert contexts[0] is not contexts[1]


def test_who_loses_every_conflict_is_told_to_come_again(dsn: str, db: Database) -> None:
    def says(request: Any, context: Any) -> Any:
        raise psycopg.errors.DeadlockDetected

    for kind in BOTH:
        with bank(kind, dsn, retries=1) as (bank_says, ask):
            bank_says.says = says
            asked = ask()
        assert (asked.code, asked.problem, bank_says.calls) == ("UNAVAILABLE", "retries_exhausted", 2)
        assert asked.trailing["grpc-retry-pushback-ms"] == "1000"


# Exceptions


def raising(error: BaseException, code: Any = None, details: str | None = None) -> Any:
    def says(request: Any, context: Any) -> Any:
        if code is not None:
            context.set_code(code)
        if details is not None:
            context.set_details(details)
        raise error

    return says


def test_an_exception_tells_the_client_nothing_and_the_log_everything(
    said: tuple[Says, Asking], db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    error = psycopg.errors.UniqueViolation("INSERT INTO secret_table")
    with caplog.at_level(logging.ERROR):
        first, _ = twice(said, raising(error))
    assert (first.code, ledger(db), records(db)) == ("UNKNOWN", [], 0)
    assert "secret" not in repr(first)
    assert "INSERT INTO secret_table" in caplog.text


@pytest.mark.parametrize(("details", "told"), [("try yen", "try yen"), (None, "The method failed")])
def test_a_code_that_was_set_before_an_exception_is_told_and_not_recorded(
    said: tuple[Says, Asking], db: Database, details: str | None, told: str
) -> None:
    first, again = twice(said, raising(ValueError("secret"), grpc.StatusCode.INVALID_ARGUMENT, details))
    assert (first.code, again.replayed, ledger(db), records(db)) == ("INVALID_ARGUMENT", False, [], 0)
    assert first.details.startswith(told)


def test_a_refusal_says_when_to_come_again(said: tuple[Says, Asking], db: Database) -> None:
    twice(said, lambda request, context: pb2.Reply())
    reused = said[1](message=pb2.Ask(amount=6))
    assert (reused.code, reused.problem) == ("FAILED_PRECONDITION", "key_reused")
    assert reused.trailing["grpc-retry-pushback-ms"] == "-1"
    status = Status.FromString(reused.trailing["grpc-status-details-bin"])
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("KEY_REUSED", "idem-guard")
    assert dict(info.metadata) == {"code": "key_reused", "retryable": "false"}


def test_a_request_that_is_too_large_is_refused(dsn: str, db: Database) -> None:
    for kind in BOTH:
        with bank(kind, dsn, body_cap=10) as (_, ask):
            asked = ask(message=pb2.Ask(memo="x" * 10))
        assert (asked.code, asked.problem) == ("RESOURCE_EXHAUSTED", "body_too_large")


# External effects


@pytest.mark.parametrize("kind", ["sync external", "aio external"])
@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("NOT_FOUND", "replayed"),
        ("RESOURCE_EXHAUSTED", "free"),
        ("CANCELLED", "outcome_unknown"),
        ("ABORTED", "outcome_unknown"),
        ("DEADLINE_EXCEEDED", "outcome_unknown"),
        ("UNAVAILABLE", "outcome_unknown"),
    ],
)
def test_what_an_external_method_says_of_its_effect(
    dsn: str, db: Database, kind: str, name: str, after: str
) -> None:
    with bank(kind, dsn) as (says, ask):
        first, again = twice((says, ask), setting(grpc.StatusCode[name]))
    assert first.code == name
    seen = "replayed" if again.replayed else again.problem or "free"
    assert seen == after


@pytest.mark.parametrize("kind", ["sync external", "aio external"])
def test_an_external_method_that_did_nothing_frees_the_key(dsn: str, db: Database, kind: str) -> None:
    with bank(kind, dsn) as (says, ask):
        says.says = raising(NotExecuted("secret"))
        assert ask().code == "UNKNOWN"
        says.says = lambda request, context: pb2.Reply(id=3)
        assert ask().reply.id == 3


def test_what_a_provider_says_of_an_unknown_attempt_is_replayed(dsn: str, db: Database) -> None:
    outcomes = [
        Response(200, (("content-type", "application/grpc"),), pb2.Reply(id=9).SerializeToString()),
        Response(412, (), b""),
        Response(422, (), b""),
    ]
    codes = ["OK", "FAILED_PRECONDITION", "FAILED_PRECONDITION"]

    @money_moving(effect="external", reconcile=lambda attempt: outcomes[0])
    def transfers(self: Any, request: Any, context: Any) -> Any:
        raise RuntimeError("crash")

    idem = Idempotency(dsn, principal=tenant)
    with serving(idem, bank_class(Transfers=transfers)(), aio=False) as ask:
        for code in codes:
            assert ask(key=str(len(outcomes))).code == "UNKNOWN"
            again = ask(key=str(len(outcomes)))
            assert (again.code, again.replayed) == (code, True)
            outcomes.pop(0)
