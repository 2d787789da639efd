"""The protocol of external effects: at most once, and honest. Generators of statements, as ``local_effect.py``.

The claim commits before anything happens, with a lease; whoever holds the attempt token may complete or release. An
attempt whose lease ran out is *unknown* and is never run again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from idem_runtime.errors import InProgress, OutcomeUnknown, StoreUnavailable
from idem_runtime.model import (
    Answer,
    Ask,
    Decision,
    Execute,
    Pause,
    Record,
    Refuse,
    Replay,
    Response,
    Sealed,
    Statement,
    Steps,
    StoreError,
    Unknown,
    Verdict,
)
from idem_runtime.protocol.local_effect import answered, confirmed, judge, record_of, response_params

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.25
TRIES = 5


def admit(ask: Ask) -> Steps[Decision | Unknown]:
    """Claim, or wait up to ``ask.wait`` for the original: no connection is held between two looks."""
    waited, pause = 0.0, FIRST_PAUSE
    while True:
        judged = yield from _claim(ask)
        if not _running(judged) or waited >= ask.wait:
            return judged
        yield Pause(pause)
        waited, pause = waited + pause, min(pause * 2, LONGEST_PAUSE)


def _running(judged: Decision | Unknown) -> bool:
    return isinstance(judged, Refuse) and isinstance(judged.error, InProgress)


def _claim(ask: Ask) -> Steps[Decision | Unknown]:
    for look in range(TRIES):
        try:
            if (yield Statement("start", _params(ask), fresh=True))[0].row:
                return Execute()
            record = yield from _read(ask)
        except StoreError as error:
            if not error.lost:
                raise
            yield Pause(FIRST_PAUSE * 2**look)
            continue
        if record is not None and record.attempt == ask.attempt:
            return Execute()  # the claim had committed, only its acknowledgement was lost
        if record is not None and not record.expired:
            return (yield from confirmed(record)) or judge(record, ask)
    return Refuse(StoreUnavailable())


def _read(ask: Ask) -> Steps[Record | None]:
    return record_of((yield Statement("read_aged", _params(ask), fresh=True)))


def take_over(ask: Ask, unknown: Record) -> Steps[Decision]:
    """Execute again what is unknown: only where the provider said, or ensures by its own key, that this is safe."""
    params = {**_params(ask, unknown.scope), "replaced": unknown.attempt}
    taken = yield from _changed(Statement("take_over", params, fresh=True))
    return Execute(unknown.age) if taken else (yield from _instead(ask, unknown, Execute(unknown.age)))


def adopt(ask: Ask, unknown: Record, response: Response) -> Steps[Decision]:
    """Complete an unknown attempt with what the provider told (``reconcile``)."""
    stored = response_params(response, ask, unknown.scope)
    params = {**_params(ask, unknown.scope), **stored, "replaced": unknown.attempt}
    taken = yield from _changed(Statement("adopt", params, fresh=True))
    return Replay(response) if taken else (yield from _instead(ask, unknown, Replay(response)))


def _changed(statement: Statement) -> Steps[bool]:
    """Whether ``statement`` is known to have changed its row."""
    try:
        return (yield statement)[0].row is not None
    except StoreError as error:
        if not error.lost:
            raise
        return False


def _instead(ask: Ask, unknown: Record, meant: Decision) -> Steps[Decision]:
    """What stands in the place of ``unknown``: what was ``meant``, if only its acknowledgement was lost, or a rival's."""
    looked = yield from _read_again(ask)
    if looked is None:
        return Refuse(StoreUnavailable())
    (record,) = looked
    if record is None:  # its owner has said that nothing happened
        return Refuse(InProgress())
    if record.attempt == ask.attempt:
        return meant
    if record.attempt == unknown.attempt and record.status == "INPROGRESS":
        return Refuse(StoreUnavailable())
    return (yield from answered(record, ask))


def _read_again(ask: Ask) -> Steps[tuple[Record | None] | None]:
    """The record or that there is none, looked for on other connections where one is lost; ``None``: no answer."""
    for look in range(TRIES):
        try:
            return ((yield from _read(ask)),)
        except StoreError as error:
            if not error.lost:
                raise
            yield Pause(FIRST_PAUSE * 2**look)
    return None


def complete(ask: Ask, answer: Answer) -> Steps[Verdict]:
    """Record the outcome, with the token; of one that is unstorable, duplicates learn only that it was executed."""
    stored = response_params(answer if isinstance(answer, Response) else None, ask)
    for look in range(TRIES):
        try:
            done = yield Statement("complete", {**_params(ask), **stored}, fresh=True, urgent=True)
        except StoreError as error:
            if not error.lost:
                raise
            yield Pause(FIRST_PAUSE * 2**look)
            continue
        if done[0].row is None:
            return (yield from _overruled(ask))
        return Sealed(answer)
    return Refuse(
        OutcomeUnknown("The operation was executed, but the store could not be told: it is unknown there.")
    )


def _overruled(ask: Ask) -> Steps[Verdict]:
    """The token is not ours any more: what stands in the record goes, not what this attempt did."""
    (record,) = (yield from _read_again(ask)) or (None,)
    return Refuse(OutcomeUnknown()) if record is None else (yield from answered(record, ask))


def give_up(ask: Ask) -> Steps[None]:
    """Say at once that the outcome is unknown; where even that fails, the lease says it later."""
    try:
        yield Statement("mark_unknown", _params(ask), fresh=True, urgent=True)
    except StoreError:
        return


def release(ask: Ask) -> Steps[None]:
    """Nothing happened at the provider: free the key; where that fails, the lease makes it unknown."""
    try:
        yield Statement("release", _params(ask), fresh=True, urgent=True)
    except StoreError:
        return


def disown(ask: Ask, *, taken_over: bool) -> Steps[None]:
    """Nobody ran this attempt: free the key, or leave it as unknown as it was; a failure is for the caller to try again."""
    yield Statement("mark_unknown" if taken_over else "release", _params(ask), fresh=True)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Attempts by their tokens: which were renewed, and which are still their owners' (a row may be locked meanwhile)."""

    renewed: frozenset[str]
    owned: frozenset[str]


def renew(asks: Sequence[Ask]) -> Steps[Renewal]:
    """Renew the leases of several attempts in one statement."""
    held = {
        "scopes": [ask.scope for ask in asks],
        "keys": [ask.key for ask in asks],
        "attempts": [ask.attempt for ask in asks],
        "leases": [ask.lease for ask in asks],
    }
    row = (yield Statement("renew", held, fresh=True))[0].row or {}
    return Renewal(frozenset(row["renewed"].split()), frozenset(row["owned"].split()))


def _params(ask: Ask, scope: str | None = None) -> dict[str, Any]:
    return {
        "scope": scope or ask.scope,
        "scopes": [ask.scope, *ask.previous],
        "previous": list(ask.previous),
        "key": ask.key,
        "fingerprint": ask.fingerprint.stored,
        "attempt": ask.attempt,
        "retention": ask.retention,
        "lease": ask.lease,
    }
