"""What one caller does, as a generator: admit, the handler's own effect, seal. The shells do the same around real I/O.

It yields the protocol's statements and pauses as they come, whatever they are called, and what the handler does between.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from idem_runtime.errors import RetriesExhausted, StoreUnavailable
from idem_runtime.model import (
    Again,
    Ask,
    Execute,
    Pause,
    Refuse,
    Replay,
    Response,
    Sealed,
    Statement,
    StoreError,
    Unknown,
)
from idem_runtime.protocol import external_effect, local_effect
from idem_runtime.protocol.downstream_key import downstream_key

Role = Literal[
    "answers",  # the handler succeeds
    "declines",  # it raises a 402: the effect is undone, the answer is recorded
    "raises",  # it raises: local undone and free, external unknown
    "not executed",  # external: nothing happened at the provider, and the handler says so
    "other payload",  # it succeeds, and was asked for something else
    "takes over",  # external: retry_unknown=True
    "reconciles",  # external: the provider says what happened
]
ROUNDS = 6
"""How often one caller runs, conflicts included: as the default of the settings."""


@dataclass(frozen=True)
class Effect:
    """The handler writes, in the transaction of its execution."""

    attempt: str


@dataclass(frozen=True)
class Provide:
    """The handler calls the provider; what it is sent back is the provider's reference."""

    attempt: str
    downstream: str


@dataclass(frozen=True)
class Look:
    """``reconcile`` asks the provider: it is sent back the call, or ``None``."""


@dataclass(frozen=True)
class Release:
    """The connection goes back to its pool: an open transaction is rolled back."""


@dataclass(frozen=True)
class Admitted:
    """The decision was to execute; nothing is run for it."""


Command: TypeAlias = Statement | Pause | Effect | Provide | Look | Release | Admitted
Script: TypeAlias = Generator[Command, Any, str]
Outcome: TypeAlias = Replay | Refuse | Sealed | Again | str


def answer_of(attempt: str, status: int = 201) -> Response:
    """What the handler answers; it names the attempt that executed."""
    body = json.dumps({"attempt": attempt}).encode()
    return Response(status, (("content-type", "application/json"),), body)


def said(outcome: Outcome) -> str:
    """An outcome in one word, and for an answer also its status and attempt."""
    if isinstance(outcome, Sealed | Replay):
        response = outcome.response
        word = "sealed" if isinstance(outcome, Sealed) else "replayed"
        return f"{word} {response.status} {json.loads(response.body)['attempt']}"
    if isinstance(outcome, Refuse):
        return outcome.error.code
    assert isinstance(outcome, str)
    return outcome


def calling(ask: Ask, role: Role, effect: str, *, locked: bool) -> Script:
    """One caller, to its answer."""
    once = _local if effect == "local" else _external
    for _ in range(ROUNDS):
        mine = replace(ask, attempt=str(uuid.uuid4()))
        outcome: Outcome = yield from once(mine, role, locked=locked)
        if not isinstance(outcome, Again):
            return said(outcome)
    return RetriesExhausted().code


def _claim(ask: Ask, effect: str, *, locked: bool) -> Generator[Command, Any, Any]:
    """As the shells: a lost connection is worth one more try, and what the store refuses is an answer."""
    admit = (
        (lambda: local_effect.admit(ask, begun=False, locked=locked))
        if effect == "local"
        else (lambda: external_effect.admit(ask))
    )
    try:
        try:
            return (yield from admit())
        except StoreError as error:
            yield Release()
            if not error.lost:
                raise
        return (yield from admit())
    except StoreError as error:
        yield Release()
        if error.conflict:
            return Again()
        if error.lost:
            return Refuse(StoreUnavailable())
        raise


def _local(ask: Ask, role: Role, *, locked: bool) -> Generator[Command, Any, Outcome]:
    decision = yield from _claim(ask, "local", locked=locked)
    if not isinstance(decision, Execute):
        yield Release()
        return decision
    yield Admitted()
    try:
        yield Effect(ask.attempt)
    except StoreError as error:
        refusal = yield from local_effect.undo(ask)
        yield Release()
        return refusal or (Again() if error.conflict else Refuse(StoreUnavailable()))
    if role == "raises":
        refusal = yield from local_effect.undo(ask)
        yield Release()
        return refusal or "raised"
    declined = role == "declines"
    answer = answer_of(ask.attempt, 402 if declined else 201)
    verdict = yield from local_effect.seal(ask, answer, undo=declined, replaces=decision.replaces)
    yield Release()
    return verdict


def _external(ask: Ask, role: Role, *, locked: bool) -> Generator[Command, Any, Outcome]:
    decision = yield from _claim(ask, "external", locked=locked)
    if isinstance(decision, Unknown):
        decision = yield from _resolve(ask, role, decision)
    if not isinstance(decision, Execute):
        return decision
    yield Admitted()
    if role == "not executed":
        yield from external_effect.release(ask)
        return "not executed"
    yield Provide(ask.attempt, downstream_key(ask.scope, ask.key, "provider"))
    if role == "raises":
        yield from external_effect.give_up(ask)
        return "raised"
    return (yield from external_effect.complete(ask, answer_of(ask.attempt)))


def _resolve(ask: Ask, role: Role, unknown: Unknown) -> Generator[Command, Any, Any]:
    if role == "takes over":
        return (yield from external_effect.take_over(ask, unknown.record))
    if role == "reconciles":
        call = yield Look()
        if call is not None:
            return (yield from external_effect.adopt(ask, unknown.record, answer_of(call)))
    return local_effect.settled(unknown)
