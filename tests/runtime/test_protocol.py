"""Every state and every event of the protocol, without a database: what is asked of the store, and what is decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idem_runtime.errors import IdempotencyError
from idem_runtime.model import (
    Again,
    Ask,
    Execute,
    Pause,
    Record,
    Refuse,
    Replay,
    Response,
    Result,
    Sealed,
    Statement,
    Steps,
    StoreError,
    Unknown,
)
from idem_runtime.protocol import external_effect, local_effect
from idem_runtime.protocol.downstream_key import downstream_key
from idem_runtime.protocol.fingerprint import of_value
from idem_runtime.protocol.scope import principal_of, scope_of

ASK = Ask("5:alice3:pay", "k", of_value(1), "me")
RENAMED = replace(ASK, previous=("5:alice3:old",))
RESPONSE = Response(201, (("content-type", "application/json"),), b"{}")
OTHER = Response(200, (), b"other")
LOST = StoreError(None)
LOCK_TIMEOUT = StoreError("55P03")
LOST_RACE = StoreError("23505", ours=True)
SAVEPOINT_GONE = StoreError("3B001")
CONFLICT = StoreError("40001")
NOTHING = [Result("SELECT 0")]
DONE = [Result("UPDATE 1", {"attempt": "me"})]
COMMITTED = [Result("SELECT 1", {"wrote": True}), Result("INSERT 0 1"), Result("COMMIT")]

Reply = list[Result] | StoreError


def row(**changes: Any) -> list[Result]:
    """A read that finds a COMPLETED record of the same payload, but for ``changes``."""
    found = {
        "scope": ASK.scope,
        "payload_hash": ASK.fingerprint.stored,
        "status": "COMPLETED",
        "response_data": {"status": 200, "headers": []},
        "response_body": b"other",
        "attempt": "other",
        "alive": False,
        "past": False,
        "age": 3.0,
    }
    return [Result("SELECT 1", {**found, **changes})]


RUNNING = {"status": "INPROGRESS", "response_data": None, "response_body": None}


def play(steps: Steps[Any], *replies: Reply) -> tuple[list[str], Any]:
    """Run ``steps`` against ``replies``; what was asked for, and what was decided."""
    asked: list[str] = []
    left = list(replies)
    try:
        command = next(steps)
        while True:
            if isinstance(command, Pause):
                asked.append("pause")
                command = steps.send([])
                continue
            assert isinstance(command, Statement)
            asked.append(command.name)
            reply = left.pop(0)
            command = steps.throw(reply) if isinstance(reply, StoreError) else steps.send(reply)
    except StopIteration as stop:
        assert left == [], "the protocol asked less than the test expects"
        return asked, stop.value


def shown(decision: Any) -> Any:
    """A refusal by its code, everything else as it is."""
    return decision.error.code if isinstance(decision, Refuse) else decision


FREE = [Result("SELECT 1", {"mine": True}), *NOTHING]
BUSY = [Result("SELECT 1", {"mine": False}), *NOTHING]
VERIFY = "begin+lock+read+commit"
CLAIM = "begin+try_lock+savepoint+read"
WAIT = "wait_lock+read"
PROBE = "undo+probe_lock+read"

ADMIT: list[tuple[str, list[Reply], list[str], Any]] = [
    ("no record", [FREE], [CLAIM], Execute()),
    ("completed", [row()], [CLAIM], Replay(OTHER)),
    ("completed, and the standby has it", [row(awaited=True), NOTHING], [CLAIM, "confirm"], Replay(OTHER)),
    (
        "completed, and the standby is away",
        [row(awaited=True), LOST],
        [CLAIM, "confirm"],
        "store_unavailable",
    ),
    (
        "response lost, and the standby is away",
        [row(awaited=True, response_body=None), LOST],
        [CLAIM, "confirm"],
        "store_unavailable",
    ),
    ("in progress, beside a standby", [row(**RUNNING, alive=True, awaited=True)], [CLAIM], "in_progress"),
    ("another payload", [row(payload_hash="v1:-:00")], [CLAIM], "key_reused"),
    ("no payload hash", [row(payload_hash=None)], [CLAIM], "key_reused"),
    ("response lost", [row(response_body=None)], [CLAIM], "executed_response_lost"),
    ("forgotten", [row(payload_hash="forgotten", response_body=None)], [CLAIM], "executed_response_lost"),
    ("in progress", [row(**RUNNING, alive=True)], [CLAIM], "in_progress"),
    ("unknown", [row(**RUNNING)], [CLAIM], "outcome_unknown"),
    ("unknown, retention over", [row(**RUNNING, past=True)], [CLAIM], "outcome_unknown"),
    ("expired", [row(past=True)], [CLAIM], Execute(replaces=True)),
    ("busy, then free", [BUSY, NOTHING], [CLAIM, WAIT], Execute()),
    ("busy, then completed", [BUSY, row()], [CLAIM, WAIT], Replay(OTHER)),
    ("busy, but completed already", [[BUSY[0], *row()]], [CLAIM], Replay(OTHER)),
    (
        "lock timeout, key busy",
        [BUSY, LOCK_TIMEOUT, [Result("", {"free": False}), *NOTHING]],
        [CLAIM, WAIT, PROBE],
        "in_progress",
    ),
    (
        "lock timeout, only a collision",
        [BUSY, LOCK_TIMEOUT, [Result("", {"free": True}), *NOTHING]],
        [CLAIM, WAIT, PROBE],
        Execute(),
    ),
    (
        "lock timeout, completed meanwhile",
        [BUSY, LOCK_TIMEOUT, [Result("", {"free": False}), *row()]],
        [CLAIM, WAIT, PROBE],
        Replay(OTHER),
    ),
]


@pytest.mark.parametrize(
    ("replies", "asked", "decided"), [case[1:] for case in ADMIT], ids=[case[0] for case in ADMIT]
)
def test_a_local_claim(replies: list[Reply], asked: list[str], decided: Any) -> None:
    seen, decision = play(local_effect.admit(ASK, begun=False), *replies)
    assert (seen, shown(decision)) == (asked, decided)


def test_a_claim_inside_a_transaction_does_not_begin_one() -> None:
    assert play(local_effect.admit(ASK, begun=True), FREE)[0] == ["try_lock+savepoint+read"]
    assert play(local_effect.admit(ASK, begun=True, locked=False), NOTHING)[0] == ["idle+savepoint+read"]


def test_a_claim_with_earlier_names_waits_for_its_locks_in_order() -> None:
    asked = ["begin+idle+savepoint", WAIT]
    assert play(local_effect.admit(RENAMED, begun=False), NOTHING, NOTHING) == (asked, Execute())


@pytest.mark.parametrize("replies", [[CONFLICT], [BUSY, CONFLICT]])
def test_a_claim_that_fails_otherwise_is_not_hidden(replies: list[Reply]) -> None:
    with pytest.raises(StoreError):
        play(local_effect.admit(ASK, begun=False), *replies)


NOTHING_WRITTEN = [Result("SELECT 1", {"wrote": False}), *COMMITTED[1:]]
SEAL: list[tuple[str, bool, bool, list[Reply], list[str], Any]] = [
    ("commits", False, False, [COMMITTED], ["wrote+release_savepoint+insert+commit"], Sealed(RESPONSE)),
    ("undoes first", True, False, [COMMITTED], ["undo+insert+commit"], Sealed(RESPONSE)),
    (
        "strict",
        False,
        True,
        [COMMITTED],
        ["note_written+release_savepoint+insert_if_written+commit"],
        Sealed(RESPONSE),
    ),
    (
        "strict, nothing written",
        False,
        True,
        [NOTHING_WRITTEN],
        ["note_written+release_savepoint+insert_if_written+commit"],
        "transaction_broken",
    ),
    (
        "strict, commit unacknowledged, nothing written",
        False,
        True,
        [LOST, row(attempt="me", **RUNNING)],
        ["note_written+release_savepoint+insert_if_written+commit", VERIFY],
        "outcome_unknown",
    ),
    (
        "the server ended what took too long",
        False,
        False,
        [StoreError("25P03")],
        ["wrote+release_savepoint+insert+commit"],
        "handler_timeout",
    ),
    (
        "commit answers ROLLBACK",
        False,
        False,
        [[*COMMITTED[:2], Result("ROLLBACK")]],
        ["wrote+release_savepoint+insert+commit"],
        "transaction_broken",
    ),
    (
        "transaction had failed",
        False,
        False,
        [StoreError("25P02"), NOTHING],
        ["wrote+release_savepoint+insert+commit", "rollback"],
        "transaction_broken",
    ),
    (
        "conflict",
        False,
        False,
        [CONFLICT, LOST],
        ["wrote+release_savepoint+insert+commit", "rollback"],
        Again(),
    ),
    (
        "deadlock",
        False,
        False,
        [StoreError("40P01"), NOTHING],
        ["wrote+release_savepoint+insert+commit", "rollback"],
        Again(),
    ),
    (
        "lost the race",
        False,
        False,
        [LOST_RACE, NOTHING, row()],
        ["wrote+release_savepoint+insert+commit", "rollback", "read"],
        Replay(OTHER),
    ),
    (
        "lost the race to another payload",
        False,
        False,
        [LOST_RACE, NOTHING, row(payload_hash="v1:-:00")],
        ["wrote+release_savepoint+insert+commit", "rollback", "read"],
        "key_reused",
    ),
    (
        "lost the race, the winner is gone",
        False,
        False,
        [LOST_RACE, NOTHING, NOTHING],
        ["wrote+release_savepoint+insert+commit", "rollback", "read"],
        Again(),
    ),
    (
        "token gone",
        False,
        False,
        [SAVEPOINT_GONE, NOTHING, NOTHING],
        ["wrote+release_savepoint+insert+commit", "rollback", "insert_unknown"],
        "transaction_broken",
    ),
    (
        "token gone, store away for a moment",
        False,
        False,
        [SAVEPOINT_GONE, LOST, LOST, NOTHING],
        ["wrote+release_savepoint+insert+commit", "rollback", "insert_unknown", "pause", "insert_unknown"],
        "transaction_broken",
    ),
    (
        "savepoint gone",
        True,
        False,
        [StoreError("3B001"), NOTHING, NOTHING],
        ["undo+insert+commit", "rollback", "insert_unknown"],
        "transaction_broken",
    ),
    (
        "commit unacknowledged, it had committed",
        False,
        False,
        [LOST, row(attempt="me")],
        ["wrote+release_savepoint+insert+commit", VERIFY],
        Sealed(RESPONSE),
    ),
    (
        "commit unacknowledged, it had not",
        False,
        False,
        [LOST, NOTHING],
        ["wrote+release_savepoint+insert+commit", VERIFY],
        "store_unavailable",
    ),
    (
        "commit unacknowledged, another won",
        False,
        False,
        [StoreError("57P01"), row()],
        ["wrote+release_savepoint+insert+commit", VERIFY],
        Replay(OTHER),
    ),
    (
        "commit unacknowledged, store away for long",
        False,
        False,
        [LOST] + [LOST] * local_effect.LOOKS_AFTER_LOST_COMMIT,
        [
            "wrote+release_savepoint+insert+commit",
            *["begin+lock+read+commit", "pause"] * local_effect.LOOKS_AFTER_LOST_COMMIT,
        ],
        "store_unavailable",
    ),
]


@pytest.mark.parametrize(
    ("undo", "strict", "replies", "asked", "decided"),
    [case[1:] for case in SEAL],
    ids=[case[0] for case in SEAL],
)
def test_a_local_seal(undo: bool, strict: bool, replies: list[Reply], asked: list[str], decided: Any) -> None:
    seen, verdict = play(local_effect.seal(ASK, RESPONSE, undo=undo, strict=strict), *replies)
    assert (seen, shown(verdict)) == (asked, decided)


def test_a_race_whose_winner_cannot_be_read_is_worth_a_retry() -> None:
    verdict = play(local_effect.seal(ASK, RESPONSE, undo=False), LOST_RACE, NOTHING, LOST)[1]
    assert shown(verdict) == "store_unavailable"


FAILS = StoreError("42501")


@pytest.mark.parametrize(
    ("steps", "replies"),
    [
        (lambda: local_effect.seal(ASK, RESPONSE, undo=False), [LOST_RACE, NOTHING, FAILS]),
        (lambda: external_effect.take_over(ASK, UNKNOWN), [FAILS]),
        (lambda: external_effect.complete(ASK, RESPONSE), [NOTHING, FAILS]),
    ],
)
def test_what_the_store_refuses_is_not_taken_for_its_absence(steps: Any, replies: list[Reply]) -> None:
    with pytest.raises(StoreError) as raised:
        play(steps(), *replies)
    assert raised.value is FAILS


def test_a_seal_that_fails_by_the_handlers_own_fault_is_rolled_back_and_raised() -> None:
    deferred = StoreError("23503")
    with pytest.raises(StoreError) as raised:
        play(local_effect.seal(ASK, RESPONSE, undo=False), deferred, NOTHING)
    assert raised.value is deferred


@pytest.mark.parametrize("undo", [False, True])
def test_a_success_that_wrote_nothing_is_told_apart_from_one_that_was_undone(undo: bool) -> None:
    verdict = play(local_effect.seal(ASK, RESPONSE, undo=undo), NOTHING_WRITTEN)[1]
    assert verdict == Sealed(RESPONSE, wrote=undo)


def test_an_expired_record_goes_with_the_seal_that_takes_its_place() -> None:
    asked, _ = play(local_effect.seal(ASK, RESPONSE, undo=False, replaces=True), COMMITTED)
    assert asked == ["wrote+release_savepoint+discard+insert+commit"]


ANEW = "begin+discard+insert+commit"


@pytest.mark.parametrize(
    ("replies", "asked", "decided"),
    [
        ([COMMITTED], [ANEW], Sealed(RESPONSE)),
        ([LOST_RACE, NOTHING, row()], [ANEW, "rollback", "read"], Replay(OTHER)),
        ([LOST, row(attempt="me")], [ANEW, VERIFY], Sealed(RESPONSE)),
    ],
)
def test_an_answer_whose_effect_was_taken_back_is_recorded_under_a_new_claim(
    replies: list[Reply], asked: list[str], decided: Any
) -> None:
    seal = local_effect.seal(ASK, RESPONSE, undo=True, undone=True)
    seen, verdict = play(seal, SAVEPOINT_GONE, NOTHING, *replies)
    assert (seen, verdict) == (["undo+insert+commit", "rollback", *asked], decided)


def test_what_was_taken_back_already_frees_its_key_where_the_claim_is_gone() -> None:
    assert play(local_effect.undo(ASK, undone=True), SAVEPOINT_GONE) == (["undo+rollback"], None)


def test_a_transaction_that_the_server_ended_is_said_to_have_taken_too_long() -> None:
    assert shown(play(local_effect.undo(ASK), StoreError("25P04"))[1]) == "handler_timeout"


@pytest.mark.parametrize(("reply", "taken"), [(NOTHING, True), (SAVEPOINT_GONE, False), (LOST, False)])
def test_taking_back_says_whether_it_could(reply: Reply, taken: bool) -> None:
    assert play(local_effect.take_back(ASK), reply) == (["undo"], taken)


def test_a_store_that_stays_away_does_not_hide_a_broken_transaction() -> None:
    asked, refused = play(local_effect.broken(ASK), LOST, *[LOST] * local_effect.LOOKS_AFTER_LOST_COMMIT)
    assert asked.count("insert_unknown") == local_effect.LOOKS_AFTER_LOST_COMMIT
    assert shown(refused) == "transaction_broken"


@pytest.mark.parametrize(
    ("replies", "asked", "decided"),
    [
        ([NOTHING], ["undo+rollback"], None),
        ([LOST], ["undo+rollback"], None),
        (
            [StoreError("3B001"), NOTHING, NOTHING],
            ["undo+rollback", "rollback", "insert_unknown"],
            "transaction_broken",
        ),
        (
            [StoreError("25P01"), NOTHING, NOTHING],
            ["undo+rollback", "rollback", "insert_unknown"],
            "transaction_broken",
        ),
    ],
)
def test_undoing_notices_a_transaction_that_is_gone(
    replies: list[Reply], asked: list[str], decided: Any
) -> None:
    seen, refused = play(local_effect.undo(ASK), *replies)
    assert (seen, shown(refused)) == (asked, decided)


@pytest.mark.parametrize(
    ("replies", "asked", "decided"),
    [
        ([NOTHING], ["insert+release_savepoint"], Sealed(RESPONSE)),
        ([LOST_RACE, row()], ["insert+release_savepoint", "undo+release_savepoint+read"], Replay(OTHER)),
        ([LOST_RACE, NOTHING], ["insert+release_savepoint", "undo+release_savepoint+read"], Again()),
    ],
)
def test_a_nested_seal(replies: list[Reply], asked: list[str], decided: Any) -> None:
    seen, verdict = play(local_effect.seal_nested(ASK, RESPONSE), *replies)
    assert (seen, verdict) == (asked, decided)


def test_a_nested_seal_leaves_conflicts_to_the_outermost() -> None:
    with pytest.raises(StoreError):
        play(local_effect.seal_nested(ASK, RESPONSE), CONFLICT)
    assert play(local_effect.undo_nested(ASK), NOTHING)[0] == ["undo+release_savepoint"]


EXTERNAL: list[tuple[str, list[Reply], list[str], Any]] = [
    ("claimed", [DONE], ["start"], Execute()),
    ("completed", [NOTHING, row()], ["start", "read_aged"], Replay(OTHER)),
    ("another payload", [NOTHING, row(payload_hash="v1:-:0")], ["start", "read_aged"], "key_reused"),
    (
        "claim unacknowledged",
        [LOST, NOTHING, row(**RUNNING, attempt="me", alive=True)],
        ["start", "pause", "start", "read_aged"],
        Execute(),
    ),
    ("gone between two looks", [NOTHING, NOTHING, DONE], ["start", "read_aged", "start"], Execute()),
    (
        "expired between two looks",
        [NOTHING, row(past=True), DONE],
        ["start", "read_aged", "start"],
        Execute(),
    ),
    (
        "store away",
        [LOST] * external_effect.TRIES,
        ["start", "pause"] * external_effect.TRIES,
        "store_unavailable",
    ),
    (
        "waits for the original",
        [NOTHING, row(**RUNNING, alive=True), NOTHING, row()],
        ["start", "read_aged", "pause", "start", "read_aged"],
        Replay(OTHER),
    ),
]


@pytest.mark.parametrize(
    ("replies", "asked", "decided"), [case[1:] for case in EXTERNAL], ids=[case[0] for case in EXTERNAL]
)
def test_an_external_claim(replies: list[Reply], asked: list[str], decided: Any) -> None:
    seen, decision = play(external_effect.admit(ASK), *replies)
    assert (seen, shown(decision)) == (asked, decided)


def test_an_external_claim_is_unknown_once_its_lease_ran_out() -> None:
    decision = play(external_effect.admit(ASK), NOTHING, row(**RUNNING))[1]
    assert isinstance(decision, Unknown)
    assert decision.record.age == 3.0


def test_an_external_duplicate_waits_no_longer_than_it_was_told() -> None:
    running: list[Reply] = [NOTHING, row(**RUNNING, alive=True)]
    asked, decision = play(external_effect.admit(replace(ASK, wait=0.05)), *running * 3)
    assert (asked.count("pause"), shown(decision)) == (2, "in_progress")


UNKNOWN = Record(ASK.scope, "v1:-:0", "INPROGRESS", None, "old", False, False, 9.0)
UPDATES: list[tuple[str, Any, list[Reply], list[str], Any]] = [
    ("completed", lambda: external_effect.complete(ASK, RESPONSE), [DONE], ["complete"], Sealed(RESPONSE)),
    (
        "completed at last",
        lambda: external_effect.complete(ASK, RESPONSE),
        [LOST, DONE],
        ["complete", "pause", "complete"],
        Sealed(RESPONSE),
    ),
    (
        "cannot be told",
        lambda: external_effect.complete(ASK, RESPONSE),
        [LOST] * external_effect.TRIES,
        ["complete", "pause"] * external_effect.TRIES,
        "outcome_unknown",
    ),
    (
        "stale, resolved",
        lambda: external_effect.complete(ASK, RESPONSE),
        [NOTHING, row()],
        ["complete", "read_aged"],
        Replay(OTHER),
    ),
    (
        "stale, gone",
        lambda: external_effect.complete(ASK, RESPONSE),
        [NOTHING, NOTHING],
        ["complete", "read_aged"],
        "outcome_unknown",
    ),
    ("taken over", lambda: external_effect.take_over(ASK, UNKNOWN), [DONE], ["take_over"], Execute(9.0)),
    (
        "taken over by another",
        lambda: external_effect.take_over(ASK, UNKNOWN),
        [NOTHING, row(**RUNNING, attempt="rival", alive=True)],
        ["take_over", "read_aged"],
        "in_progress",
    ),
    (
        "taken over, too late: its owner has completed it",
        lambda: external_effect.take_over(ASK, UNKNOWN),
        [NOTHING, row()],
        ["take_over", "read_aged"],
        Replay(OTHER),
    ),
    (
        "taken over, unacknowledged",
        lambda: external_effect.take_over(ASK, UNKNOWN),
        [LOST, LOST, row(**RUNNING, attempt="me", alive=True)],
        ["take_over", "read_aged", "pause", "read_aged"],
        Execute(9.0),
    ),
    (
        "taken over, too late: its owner has said that nothing happened",
        lambda: external_effect.take_over(ASK, UNKNOWN),
        [NOTHING, NOTHING],
        ["take_over", "read_aged"],
        "in_progress",
    ),
    (
        "stale, and the store stays away",
        lambda: external_effect.complete(ASK, RESPONSE),
        [NOTHING, *[LOST] * external_effect.TRIES],
        ["complete", *["read_aged", "pause"] * external_effect.TRIES],
        "outcome_unknown",
    ),
    (
        "not taken over",
        lambda: external_effect.take_over(ASK, UNKNOWN),
        [LOST, row(**RUNNING, attempt=UNKNOWN.attempt)],
        ["take_over", "read_aged"],
        "store_unavailable",
    ),
    (
        "taken over, and the store stays away",
        lambda: external_effect.take_over(ASK, UNKNOWN),
        [LOST] * (1 + external_effect.TRIES),
        ["take_over", *["read_aged", "pause"] * external_effect.TRIES],
        "store_unavailable",
    ),
    ("adopted", lambda: external_effect.adopt(ASK, UNKNOWN, OTHER), [DONE], ["adopt"], Replay(OTHER)),
    (
        "adopted, unacknowledged",
        lambda: external_effect.adopt(ASK, UNKNOWN, OTHER),
        [LOST, row(attempt="me")],
        ["adopt", "read_aged"],
        Replay(OTHER),
    ),
    (
        "adopted by another",
        lambda: external_effect.adopt(ASK, UNKNOWN, OTHER),
        [NOTHING, row(**RUNNING, attempt="rival", alive=True)],
        ["adopt", "read_aged"],
        "in_progress",
    ),
    ("given up", lambda: external_effect.give_up(ASK), [DONE], ["mark_unknown"], None),
    ("given up, store away", lambda: external_effect.give_up(ASK), [LOST], ["mark_unknown"], None),
    ("released", lambda: external_effect.release(ASK), [DONE], ["release"], None),
    ("released, store away", lambda: external_effect.release(ASK), [LOST], ["release"], None),
    (
        "renewed",
        lambda: external_effect.renew([ASK]),
        [[Result("SELECT 1", {"renewed": "me", "owned": "me other"})]],
        ["renew"],
        external_effect.Renewal(frozenset({"me"}), frozenset({"me", "other"})),
    ),
]


@pytest.mark.parametrize(
    ("steps", "replies", "asked", "decided"),
    [case[1:] for case in UPDATES],
    ids=[case[0] for case in UPDATES],
)
def test_an_external_update_is_conditional_on_its_token(
    steps: Any, replies: list[Reply], asked: list[str], decided: Any
) -> None:
    seen, result = play(steps(), *replies)
    assert (seen, shown(result)) == (asked, decided)


@pytest.mark.parametrize(
    "steps", [lambda: external_effect.admit(ASK), lambda: external_effect.complete(ASK, RESPONSE)]
)
def test_an_external_failure_that_is_no_lost_connection_is_not_hidden(steps: Any) -> None:
    with pytest.raises(StoreError):
        play(steps(), StoreError("42P01"))


def test_scopes_are_told_apart_by_their_parts_and_not_by_their_text() -> None:
    assert scope_of(("a", "bc")) != scope_of(("ab", "c"))
    assert principal_of(scope_of(("3:x", "op"))) == "3:x"


def test_a_downstream_key_differs_by_scope_key_and_provider_only() -> None:
    keys = {
        downstream_key(*parts)
        for parts in [("s", "k", "p"), ("s", "k", "q"), ("s", "l", "p"), ("sk", "", "p")]
    }
    assert len(keys) == 4
    assert downstream_key("s", "k", "p") == downstream_key("s", "k", "p")


@pytest.mark.parametrize(
    ("sqlstate", "lost", "conflict"),
    [
        (None, True, False),
        ("08006", True, False),
        ("57P01", True, False),
        ("57014", False, False),
        ("25006", True, False),
        ("25P03", True, False),
        ("25P02", False, False),
        ("40001", False, True),
        ("23505", False, False),
    ],
)
def test_store_errors_are_told_apart_by_sqlstate_class(
    sqlstate: str | None, lost: bool, conflict: bool
) -> None:
    error = StoreError(sqlstate)
    assert (error.lost, error.conflict) == (lost, conflict)


def test_every_refusal_of_the_protocol_is_in_the_table_of_codes() -> None:
    codes = {error.code for error in IdempotencyError.__subclasses__()}
    decided = {case[-1] for case in [*ADMIT, *SEAL, *EXTERNAL, *UPDATES] if isinstance(case[-1], str)}
    assert decided <= codes
