"""The layer's four questions to its table, sans I/O: what is asked, and what the answers mean.

A claim is told by its *fence*: on our table the attempt's token; on six columns ``xmin``, which every write changes,
whoever makes it, together with a token that tells our own claim again after a lost answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from idem_runtime.adapters.powertools import json_values
from idem_runtime.adapters.powertools.json_values import Stored
from idem_runtime.drivers.table import Table
from idem_runtime.errors import LeaseLost, RetriesExhausted
from idem_runtime.model import Pause, Result, Statement, Steps, StoreError
from idem_runtime.protocol.scope import scope_of

SCOPE = scope_of(("aws-lambda-powertools", "persistence-layer"))
"""Of the layer's records in our table: no principal and operation of a mark has the same."""
CONFLICTS = 10
"""How often a statement is sent again that lost against another transaction."""
TURNS = 10
"""How often a claim is tried while records come and go in its way."""
REFUSED = ("22", "54")
"""Classes of SQLSTATE: this value cannot be stored in this column."""

Form: TypeAlias = Literal["own", "six"]
"""Our table, or the one of six columns."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records are, and what kind of table that is."""

    table: Table
    form: Form


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked for. Times in seconds; ``remaining`` is ``None`` where nobody knows how long the call may run."""

    key: str
    attempt: str
    retention: float
    remaining: float | None
    payload_hash: str | None


@dataclass(frozen=True, slots=True)
class Fence:
    """What tells a claim; ``attempt`` is ``None`` where another program made it."""

    key: str
    value: str
    attempt: str | None
    transaction: str | None = None
    """In which a claim was made whose answer has come."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record that is there. ``expires`` and ``in_progress``: seconds that are left by the database's clock."""

    fence: Fence
    status: str
    response: Stored
    payload_hash: str | None
    expires: float
    in_progress: float | None

    @property
    def claimable(self) -> bool:
        """Whether the contract lets it be executed again."""
        passed = self.in_progress is not None and self.in_progress <= 0
        return self.status == "EXPIRED" or self.expires <= 0 or (self.status == "INPROGRESS" and passed)


def put(place: Place, claim: Claim) -> Steps[Fence | Row]:
    """Claim the key: the claim's fence, or the record that is in its way.

    :raises RetriesExhausted: records came and went in its way; nothing is claimed.
    """
    values: dict[str, Any] = {name: getattr(claim, name) for name in Claim.__match_args__}
    for _ in range(TURNS):
        answer = yield from _answered(place, "put", values)
        if answer.row is not None and answer.row["put"]:
            return Fence(claim.key, answer.row["fence"], claim.attempt, answer.row["transaction"])
        row = _row(claim.key, place, answer.row)
        if row is None or row.status != "COMPLETED" or row.claimable:
            row = yield from get(place, claim.key)  # that snapshot was taken before the claim waited
        if row is not None and row.fence.attempt == claim.attempt:
            return row.fence  # our own, whose answer was lost
        if row is not None and not row.claimable:
            return row
    raise RetriesExhausted


def get(place: Place, key: str) -> Steps[Row | None]:
    """The record, if there is one."""
    answer = yield from _answered(place, "read", {"key": key})
    return _row(key, place, answer.row)


def complete(
    place: Place, fence: Fence, *, response: str | None, retention: float, payload_hash: str | None
) -> Steps[bool]:
    """Record the response (its JSON text), or that it is lost (``None``); whether it is stored.

    :raises LeaseLost: the claim is no longer ours.
    """
    values = {**_fence_values(fence), "retention": retention, "payload_hash": payload_hash}
    for value in _forms(place.form, response):
        try:
            yield from _record(place, {**values, "response": value})
        except StoreError as error:
            if (error.sqlstate or "")[:2] not in REFUSED:
                raise
        else:
            return True
    lost = None if place.form == "own" else json_values.LOST_MARK
    yield from _record(place, {**values, "response": lost})
    return False


def _record(place: Place, values: dict[str, Any]) -> Steps[None]:
    answer = yield from _answered(place, "update", values)
    if answer.row is not None:
        return
    if answer.repeated and (yield from _answered(place, "completed", values)).row is not None:
        return  # the answer was lost, and it says already what it was to say
    raise LeaseLost(
        "the record was taken over, or removed, before its function ended: it may have been executed twice. Give "
        "it more time than it needs (the Lambda's time-out, register_lambda_context)"
    )


def delete(place: Place, fence: Fence) -> Steps[bool]:
    """Free the key; whether nobody else has it."""
    answer = yield from _answered(place, "delete", _fence_values(fence))
    return answer.row is not None or (yield from get(place, fence.key)) is None


def withdraw(place: Place, claim: Claim, pauses: Iterable[float] = ()) -> Steps[None]:
    """Free the key if ``claim`` has it, which nobody was told.

    ``pauses``, in seconds: how long its statement may still run that nobody waits for any more.
    """
    fence = claim.attempt if place.form == "own" else None
    values = {"key": claim.key, "fence": fence, "attempt": claim.attempt}
    answer = yield from _answered(place, "delete", values)
    for seconds in pauses:
        if answer.row is not None:
            return
        yield Pause(seconds)
        answer = yield from _answered(place, "delete", values)


def transaction(_: Place) -> Steps[str | None]:
    """Which transaction is open, if it has written anything."""
    row = (yield from ask("layer_transaction", {})).row
    current: str | None = row["transaction"]
    return current


def remove(place: Place, key: str) -> Steps[bool]:
    """Forget a completed record, so that its key is executed again; whether there was one."""
    answer = yield from _answered(place, "remove", {"key": key})
    return answer.row is not None


def purge(place: Place, batch: int) -> Steps[int]:
    """Remove one batch of expired records; how many that were."""
    removed = yield from _removed(place, "purge", batch)
    if place.form == "six" and removed < batch:
        removed += yield from _removed(place, "purge_marked", batch)
    return removed


def _removed(place: Place, name: str, batch: int) -> Steps[int]:
    answer = yield from _answered(place, name, {"batch": batch})
    return int(answer.tag.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave."""

    row: Any
    tag: str
    repeated: bool
    """The statement was sent twice: the first time, its answer was lost."""


def _answered(place: Place, name: str, params: dict[str, Any]) -> Steps[Answer]:
    values = {**params, "scope": SCOPE} if place.form == "own" else params
    return (yield from ask(f"layer_{place.form}_{name}", values))


def ask(name: str, values: dict[str, Any]) -> Steps[Answer]:
    """Ask, once more on another connection where one was lost, and again where another transaction was in the way.

    :raises RetriesExhausted: it was in the way each time.
    """
    # numbers as text: any other literal costs a driver's adapter more than the rest of the statement
    values = {name: repr(value) if isinstance(value, float) else value for name, value in values.items()}
    statement, repeated = Statement(name, values, fresh=True), False
    for _ in range(CONFLICTS):
        try:
            results = yield statement
        except StoreError as error:
            if error.conflict:
                continue
            if repeated or error.silent or not error.lost:
                raise
            repeated = True
        else:
            last: Result = results[-1]
            return Answer(last.row, last.tag, repeated)
    raise RetriesExhausted


def _fence_values(fence: Fence) -> dict[str, Any]:
    return {"key": fence.key, "fence": fence.value, "attempt": fence.attempt}


def _forms(form: Form, response: str | None) -> Iterable[str | bytes]:
    if response is None:
        return ()
    return (response.encode("utf-8", "surrogatepass"),) if form == "own" else json_values.forms(response)


def _row(key: str, place: Place, row: Any) -> Row | None:
    if row is None:
        return None
    return Row(
        Fence(key, row["fence"], row["attempt"]),
        row["status"],
        _response(place.form, row["response"]),
        row["payload_hash"],
        row["expires"],
        row["in_progress"],
    )


def _response(form: Form, stored: Any) -> Stored:
    if form == "own":
        return Stored(None if stored is None else stored.decode("utf-8", "surrogatepass"))
    return Stored("null") if stored is None else json_values.read(stored)
