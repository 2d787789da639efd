"""The protocol of local effects: what may happen to a (scope, key), decided in one place and without I/O.

Every function is a generator of :class:`Statement`; a driver runs each in one round trip and sends the results back,
or throws a :class:`StoreError`. ``judge`` is the table of states; the rest is when to look at it.

======================  =====================  ======================================
record                  same fingerprint       other fingerprint
======================  =====================  ======================================
none, or expired        Execute                Execute
COMPLETED               Replay                 Refuse key_reused
COMPLETED, no response  Refuse response lost   Refuse key_reused
COMPLETED, forgotten    Refuse response lost   Refuse response lost
INPROGRESS, alive       Refuse in_progress     Refuse key_reused
INPROGRESS, not alive   Unknown                Refuse key_reused
======================  =====================  ======================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from idem_runtime.errors import (
    ExecutedResponseLost,
    HandlerTimeout,
    InProgress,
    KeyReused,
    OutcomeUnknown,
    ResponseForgotten,
    StoreUnavailable,
    TransactionBroken,
)
from idem_runtime.model import (
    Again,
    Ask,
    Decision,
    Encrypted,
    Execute,
    Headers,
    Pause,
    Record,
    Refuse,
    Replay,
    Response,
    Results,
    Sealed,
    Statement,
    Steps,
    StoreError,
    Unknown,
    Verdict,
)

NAMESPACE = 0x1DE0
"""First number of our two-int advisory locks; the next one is the namespace of the identity locks."""

FORGOTTEN = "forgotten"
"""In the place of a fingerprint: what was asked and answered is deleted, that it was executed is not."""
NOT_IN_TIME = ("55P03", "57014")
"""The lock's own time-out, and a statement_timeout that is shorter."""
TRANSACTION_GONE = ("3B001", "25P01")
"""Our savepoint is not there, or no transaction is: the handler has ended the one that it was given."""
TOO_LONG = ("25P03", "25P04")
"""The server has ended, and undone, a transaction that was idle or open for too long."""
WROTE_ELSEWHERE = (
    "The handler succeeded and wrote nothing in the transaction that it was given: where its effect went is not known, so "
    "its outcome is unknown. Write through the connection or session that is lent."
)
UNDONE = "The handler's transaction had failed; it was undone and the key is free."
LOOKS_AFTER_LOST_COMMIT = 6


def judge(record: Record, ask: Ask) -> Replay | Refuse | Unknown:
    """What a record that is there, and not expired, means for who asks."""
    if record.fingerprint == FORGOTTEN:
        return Refuse(ResponseForgotten())
    if record.fingerprint is None or not ask.fingerprint.matches(record.fingerprint):
        return Refuse(KeyReused())
    if record.status == "INPROGRESS":
        return Refuse(InProgress()) if record.alive else Unknown(record)
    if record.response is None:
        return Refuse(ExecutedResponseLost())
    return _replay(record.scope, record.response, ask)


def _replay(scope: str, stored: Response | Encrypted, ask: Ask) -> Replay | Refuse:
    """Replay what is stored; what cannot be decrypted here is neither replayed nor run."""
    if isinstance(stored, Response):
        return Replay(stored)
    if ask.cipher is None:
        return Refuse(
            StoreUnavailable("The stored response is encrypted, and no response_keys are configured here.")
        )
    try:
        return Replay(ask.cipher.open(scope, ask.key, stored))
    except StoreUnavailable as error:
        return Refuse(error)


def admit(ask: Ask, *, begun: bool, locked: bool = True) -> Steps[Decision]:
    """Claim inside the transaction that will hold the effect; ``begun``: it is open already.

    ``locked=False`` leaves the advisory lock out: correctness rests on the primary key alone, and a test shows it.
    """
    record, free = yield from _look(ask, "" if begun else "begin+", locked=locked)
    if record is None:
        return Execute() if free else Refuse(InProgress())
    if record.expired:
        return Execute(replaces=True)
    return (yield from answered(record, ask))


def _look(ask: Ask, begin: str, *, locked: bool) -> Steps[tuple[Record | None, bool]]:
    """The record, and whether nobody else runs the key: in one trip where the lock is free, and in one more where not."""
    claim = _claim(ask)
    if not locked:
        results = yield Statement(f"{begin}idle+savepoint+read", claim)
        return record_of(results), True
    if ask.previous:  # several locks: taken in order, and waited for, or two who have one each would deadlock
        yield Statement(f"{begin}idle+savepoint", claim)
        return (yield from _wait(claim, ask.wait))
    results = yield Statement(f"{begin}try_lock+savepoint+read", claim)
    record = record_of(results)
    if record is not None or flag_of(results, "mine"):
        return record, True
    return (yield from _wait(claim, ask.wait))


def _wait(claim: dict[str, Any], wait: float) -> Steps[tuple[Record | None, bool]]:
    waits = wait * len(claim["locks"])
    try:
        return record_of((yield Statement("wait_lock+read", claim, waits=waits))), True
    except StoreError as error:
        if error.sqlstate not in NOT_IN_TIME:
            raise
    results = yield Statement("undo+probe_lock+read", claim)
    return record_of(results), flag_of(results, "free")


def settled(judged: Replay | Refuse | Unknown) -> Replay | Refuse:
    """A judgement for which nothing more can be tried."""
    return Refuse(OutcomeUnknown()) if isinstance(judged, Unknown) else judged


def answered(record: Record, ask: Ask) -> Steps[Replay | Refuse]:
    """What a record that is there means, settled; what says that it was executed has waited for the standby before."""
    judged = settled(judge(record, ask))
    return (yield from confirmed(record)) or judged


def confirmed(record: Record) -> Steps[Refuse | None]:
    """Wait until what ``record`` says would outlive its server; a refusal where that does not come in time."""
    if not record.awaited or record.status != "COMPLETED":
        return None
    try:
        yield Statement("confirm", {}, fresh=True)
    except StoreError:
        return Refuse(StoreUnavailable("The standby has not confirmed the outcome: retry with the same key."))
    return None


def seal(
    ask: Ask,
    response: Response,
    *,
    undo: bool,
    strict: bool = False,
    replaces: bool = False,
    undone: bool = False,
) -> Steps[Verdict]:
    """Store the response and commit; ``undo``: take the effect back first, the answer stands alone.

    ``strict``: a success that wrote nothing in our transaction is stored as unknown. ``replaces``: an expired record is in
    the way. ``undone``: the effect was taken back already, in the transaction that it was made in.
    """
    strict = strict and response.status < 300 and not undo
    asked = "undo" if undo else "note_written+release_savepoint" if strict else "wrote+release_savepoint"
    inserted = "insert_if_written" if strict else "insert"
    held = f"discard+{inserted}+commit" if replaces else f"{inserted}+commit"
    try:
        results = yield Statement(f"{asked}+{held}", _record(ask, response))
    except StoreError as error:
        return (yield from _not_sealed(ask, response, error, undone=undone))
    if results[-1].tag != "COMMIT":
        return Refuse(TransactionBroken(UNDONE))
    wrote = undo or response.status >= 300 or flag_of(results, "wrote")
    if strict and not wrote:
        return Refuse(TransactionBroken(WROTE_ELSEWHERE))
    return Sealed(response, wrote=wrote)


def _not_sealed(ask: Ask, response: Response, error: StoreError, *, undone: bool) -> Steps[Verdict]:
    if error.sqlstate in TOO_LONG:
        return Refuse(HandlerTimeout())
    if error.lost:
        return (yield from verify(ask, response))
    if error.sqlstate in TRANSACTION_GONE:
        return (yield from _claimed_anew(ask, response) if undone else broken(ask))
    yield from quietly("rollback", ask)
    if error.conflict:
        return Again()
    if error.ours and error.sqlstate == "23505":
        return (yield from _lost_race(ask))
    if error.sqlstate == "25P02":
        return Refuse(TransactionBroken(UNDONE))
    raise error


def _claimed_anew(ask: Ask, response: Response) -> Steps[Verdict]:
    """The effect is undone, and so is the claim: whoever opened a part around it rolled that back.

    The answer is recorded all the same, in a new transaction. Another execution may have begun meanwhile: the primary key
    decides.
    """
    yield from quietly("rollback", ask)
    try:
        yield Statement("begin+discard+insert+commit", _record(ask, response))
    except StoreError as error:
        return (yield from _not_sealed(ask, response, error, undone=False))
    return Sealed(response)


def _lost_race(ask: Ask) -> Steps[Verdict]:
    """Another execution committed first: ours is undone, its record is the truth."""
    try:
        record = record_of((yield Statement("read", _identity(ask), fresh=True)))
    except StoreError as error:
        if not error.lost:
            raise
        return Refuse(StoreUnavailable())
    return Again() if record is None or record.expired else (yield from answered(record, ask))


def verify(ask: Ask, response: Response) -> Steps[Verdict]:
    """COMMIT was not acknowledged: wait, bounded, until the original's transaction has ended, and read what is there."""
    for look in range(LOOKS_AFTER_LOST_COMMIT):
        try:
            steps = Statement("begin+lock+read+commit", _claim(ask), fresh=True, waits=ask.wait)
            record = record_of((yield steps))
        except StoreError:
            yield Pause(0.05 * 2**look)
            continue
        if record is None:
            break
        if record.attempt == ask.attempt and record.status == "COMPLETED":
            return (yield from confirmed(record)) or Sealed(response)
        return (yield from answered(record, ask))
    return Refuse(
        StoreUnavailable("The connection was lost at COMMIT: retry with the same key to learn the outcome.")
    )


def broken(ask: Ask) -> Steps[Refuse]:
    """The handler ended its transaction: that the outcome is unknown is stored before anybody is answered."""
    yield from quietly("rollback", ask)
    for look in range(LOOKS_AFTER_LOST_COMMIT):
        try:
            yield Statement("insert_unknown", _identity(ask), fresh=True)
            break
        except StoreError:
            yield Pause(0.05 * 2**look)
    return Refuse(TransactionBroken())


def take_back(ask: Ask) -> Steps[bool]:
    """Undo the effect where it was made, before anybody else ends a part around it; ``False``: that was not possible."""
    try:
        yield Statement("undo", _identity(ask))
    except StoreError:
        return False
    return True


def undo(ask: Ask, *, undone: bool = False) -> Steps[Refuse | None]:
    """Take everything back and free the key; a refusal where the handler had ended the transaction on its own.

    ``undone``: the effect was taken back already, so that the claim may be gone with a part that was opened around it.
    """
    try:
        yield Statement("undo+rollback", _identity(ask))
    except StoreError as error:
        if error.sqlstate in TOO_LONG:
            return Refuse(HandlerTimeout())
        if error.sqlstate in TRANSACTION_GONE and not undone:
            return (yield from broken(ask))
    return None


def seal_nested(ask: Ask, response: Response, *, replaces: bool = False) -> Steps[Verdict]:
    """Store the response of a call that joined an outer transaction: it counts when that commits."""
    held = "discard+insert" if replaces else "insert"
    try:
        yield Statement(f"{held}+release_savepoint", _record(ask, response))
    except StoreError as error:
        if not (error.ours and error.sqlstate == "23505"):
            raise
        record = record_of((yield Statement("undo+release_savepoint+read", _identity(ask))))
        return Again() if record is None else settled(judge(record, ask))
    return Sealed(response)


def undo_nested(ask: Ask) -> Steps[None]:
    """Take back what a nested call did; the outer transaction goes on, or has ended already."""
    yield from quietly("undo+release_savepoint", ask)


def leave_nested(ask: Ask) -> Steps[None]:
    """A nested call that does not execute: the outer transaction goes on."""
    yield from quietly("release_savepoint", ask)


def quietly(name: str, ask: Ask) -> Steps[None]:
    """Run ``name``, whose failure changes nothing: the connection is gone or was clean."""
    try:
        yield Statement(name, _identity(ask))
    except StoreError:
        return


def record_of(results: Results) -> Record | None:
    """The record in the results of a query that ends with ``read``."""
    for result in results:
        if result.row and "payload_hash" in result.row:
            return _record_of_row(result.row)
    return None


def flag_of(results: Results, name: str) -> bool:
    """Whether some row of ``results`` says that ``name`` is so."""
    for result in results:  # noqa: SIM110 - any() would make a generator, for each of them a step more
        if result.row is not None and result.row.get(name) is True:
            return True
    return False


def _record_of_row(row: Mapping[str, Any]) -> Record:
    return Record(
        scope=row["scope"],
        fingerprint=row["payload_hash"],
        status=row["status"],
        response=_response_of_row(row),
        attempt=row["attempt"],
        alive=row["alive"] is True,
        expired=row["past"] and row["status"] == "COMPLETED",
        age=row.get("age", 0.0),
        awaited=row.get("awaited") is True,
    )


def _response_of_row(row: Mapping[str, Any]) -> Response | Encrypted | None:
    data, body = row["response_data"], row["response_body"]
    if data is None or body is None:
        return None
    if "encrypted" in data:
        return Encrypted(data["status"], data["encrypted"], bytes(body))
    return Response(data["status"], tuple([(name, value) for name, value in data["headers"]]), bytes(body))


def response_params(response: Response | None, ask: Ask, scope: str | None = None) -> dict[str, Any]:
    """How a response is stored; ``None`` where it could not be. ``scope``: of a record that is not that of ``ask``."""
    if response is None:
        return {"response_data": None, "response_body": None}
    if ask.cipher is not None:
        encrypted = ask.cipher.seal(scope or ask.scope, ask.key, response)
        head = {"status": encrypted.status, "encrypted": encrypted.kid}
        return {"response_data": json.dumps(head), "response_body": encrypted.sealed}
    return {"response_data": _head_of(response.status, response.headers), "response_body": response.body}


@lru_cache(maxsize=256)
def _head_of(status: int, headers: Headers) -> str:
    """Few applications have many of them."""
    return json.dumps({"status": status, "headers": headers})


def _identity(ask: Ask) -> dict[str, Any]:
    return {
        "scope": ask.scope,
        "previous": ask.previous,
        "scopes": [ask.scope, *ask.previous],
        "key": ask.key,
        "fingerprint": ask.fingerprint.stored,
        "attempt": ask.attempt,
        "savepoint": savepoint_of(ask),
        "retention": ask.retention,
    }


def savepoint_of(ask: Ask) -> str:
    """The savepoint that a local claim makes, named after the attempt."""
    return f"idem_{ask.attempt}"


def _claim(ask: Ask) -> dict[str, Any]:
    named = _named(ask.scope, ask.key)
    lock = _hash(named, b"lock")
    return {
        **_identity(ask),
        "namespace": NAMESPACE,
        "lock": lock,
        "locks": sorted({lock, *[_hash(_named(scope, ask.key), b"lock") for scope in ask.previous]})
        if ask.previous
        else [lock],
        "identity": _hash(named, b"identity"),
        "wait": _milliseconds(ask.wait),
        "idle": _milliseconds(ask.handler_timeout),
    }


@lru_cache(maxsize=256)
def _milliseconds(seconds: float) -> str:
    """As the server reads it; 0 would mean for ever."""
    return f"{max(1, round(seconds * 1000))}ms"


def _record(ask: Ask, response: Response) -> dict[str, Any]:
    return {**_identity(ask), "kept_for": f"{ask.retention} seconds", **response_params(response, ask)}


def _named(scope: str, key: str) -> bytes:
    """What a record is called, as one text."""
    return f"{len(scope)}:{scope}{key}".encode("utf-8", "surrogatepass")


def _hash(named: bytes, purpose: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(named, digest_size=4, person=purpose).digest(), signed=True)
