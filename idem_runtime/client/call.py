"""One call under one key, from its first attempt to its answer: what all transports do alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from idem_runtime.client.birth import Birth
from idem_runtime.client.errors import REFUSALS, CallRefused, IntentMissing, KeyTooOld
from idem_runtime.client.intents import LOGGER, USABLE_FOR, Intent, current_intent
from idem_runtime.client.policy import Attempts, CallPolicy

NOTED = ("idempotency_call", "idempotency_key")
"""The attributes in which an answer, a response or an exception, says how its call went."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A key that a request got here, with the intent that it is of: the mark that tells it from a caller's own."""

    key: str
    token: str | None
    born: Birth


@dataclass(frozen=True, slots=True)
class Sent:
    """How a call went: what :func:`sent` tells of a response or exception."""

    idempotency_key: str
    intent: str | None
    """The name of its intent."""
    attempts: int
    replayed: bool
    """It is the answer of an earlier request with this key."""


def sent(answer: object) -> Sent | None:
    """How the call went that ended with ``answer``, a response or an exception; ``None``: it had no key."""
    return getattr(answer, "idempotency_call", None)


class Call:
    """A call: its key, its intent, its attempts. A context: at its end the intent knows that it is over."""

    def __init__(
        self,
        operation: str,
        key: str,
        policy: CallPolicy,
        own: Intent | None,
        *,
        within: float | None,
        began: bool = False,
    ) -> None:
        """``own``: the intent that it is in; ``began``: it has the key of that."""
        self.operation = operation
        self.key = key
        self.policy = policy
        self.attempts = Attempts(policy, within)
        self.succeeded = False
        self.mark = Minted(key, own.token, own.born) if own else Minted(key, None, Birth.ago())
        """For a request that gets its key from this call."""
        self._own = own if began else None
        self._name = own.name if own else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            self._own.end(self.key, succeeded=self.succeeded)

    def note(self, answer: Any, *, replayed: bool = False) -> None:
        """Say in ``answer``, a response or an exception, how the call went."""
        answer.idempotency_call = Sent(self.key, self._name, self.attempts.made, replayed)
        answer.idempotency_key = self.key

    def again(self, ended: object, asked: float | None) -> float | None:
        """Seconds to wait before the next attempt, after one that ``ended`` so; ``None``: there is none."""
        pause, made = self.attempts.pause(asked), self.attempts.made
        if pause is None:
            self.warn(ended)
        else:
            LOGGER.info("%s: attempt %d ended with %s, next in %.2f s", self.operation, made, ended, pause)
        return pause

    def failed(self, error: Exception, asked: float | None = None, *, left: bool = True) -> float | None:
        """Seconds to wait before the next attempt; ``None``: ``error`` is the end, and says under which key to go on.

        ``left``: something may have left; else there is nothing to go on with.
        """
        if not left:
            self.note(error)
            return None
        pause = self.again(type(error).__name__, asked)
        if pause is None:
            self._unknown(error)
        return pause

    def given_up(self, error: Exception, ended: object) -> None:
        """The call is over with ``error``, which says nothing about its outcome but forbids another attempt."""
        self.warn(ended)
        self._unknown(error)

    def warn(self, ended: object) -> None:
        """Log that there is no other attempt, though nobody knows the outcome."""
        LOGGER.warning(
            "%s: attempt %d ended with %s, and was the last", self.operation, self.attempts.made, ended
        )

    def _unknown(self, error: Exception) -> None:
        self.note(error)
        named = f" of the intent {self._name!r}" if self._name else ""
        error.add_note(
            f"Whether this call{named} was executed is not known after {self.attempts.made} attempts: go on under its "
            "key, .idempotency_key; another key could do it twice."
        )

    def refused(self, code: str | None, response: Any) -> CallRefused | None:
        """The error that a server's ``code`` means, if any."""
        refusal = REFUSALS.get(code or "")
        if refusal is None:
            return None
        refused = refusal(intent=self._name, response=response)
        self.note(refused)
        return refused


def begin_call(
    policy: CallPolicy,
    operation: str,
    *parts: bytes,
    given: str | None = None,
    minted: Minted | None = None,
    within: float | None = None,
) -> Call:
    """Find the key of a call that goes out now.

    ``parts``: all that is asked besides ``operation``; ``given``: the key that the request has, kept unless another
    intent gave it to a request that is used again; ``minted``: its mark.

    :raises ClientError: there is no key that could be used.
    """
    own = current_intent()
    limit = own.usable_for if own else USABLE_FOR
    if given is not None and not _of_another(own, given, minted):
        if minted is not None and minted.born.age > limit.total_seconds():
            raise KeyTooOld(idempotency_key=given, intent=own.name if own else None)
        if own is not None:
            own.note_call()
        return Call(operation, given, policy, own, within=within)
    if own is not None:
        key = own.begin(operation, _identity(operation, parts))
        return Call(operation, key, policy, own, within=within, began=True)
    if policy.require_intent:
        raise IntentMissing(f"{operation} is in no intent: with intent(): … around it")
    return Call(operation, str(uuid4()), policy, None, within=within)


def _of_another(own: Intent | None, given: str, minted: Minted | None) -> bool:
    return own is not None and minted is not None and minted.key == given and minted.token != own.token


def _identity(operation: str, parts: tuple[bytes, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in (operation.encode(), *parts):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.digest()
