"""An intent: one thing that shall happen once, however often it has to be asked for.

Everything that is called inside ``with intent():`` gets a key of this intent, the same on every retry. Which call it is
says its operation: the method and path of an HTTP request, the name of an RPC. The body is not part of it: a retry that
asks for something else has to be refused, not paid.
"""

from __future__ import annotations

import inspect
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Self, TypeAlias
from uuid import UUID, uuid4, uuid5

from idem_runtime.client.birth import Birth
from idem_runtime.client.calls_made import CallsMade
from idem_runtime.client.errors import AmbiguousIntent, KeyTooOld
from idem_runtime.client.generator_frames import EnteringGenerator, generator_that_enters
from idem_runtime.client.kept_keys import AsyncIntentStore, IntentStore, KeptKey
from idem_runtime.client.policy import LONGEST_BUDGET
from idem_runtime.durations import MINIMUM_RETENTION, Duration, as_timedelta, shown
from idem_runtime.errors import ConfigurationError
from idem_runtime.protocol.scope_text import NoName, text_of

LOGGER = logging.getLogger("idem_runtime.client")
"""``INFO``: an attempt is lost and is made again. ``WARNING``: it was the last one, or an intent ended and nothing had a key
of it. No keys, payloads or names."""
Name: TypeAlias = str | int | UUID | Enum
"""What can name an intent: the same text after a restart."""
USABLE_FOR = MINIMUM_RETENTION - LONGEST_BUDGET
"""How long a key is sent: every server keeps it for longer (docs/decisions.md#retention)."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future a key may have been made, by the clock of another machine."""


class Intent:
    """See :func:`intent`. It may be entered again, to go on with what it is about."""

    def __init__(
        self,
        name: str | None,
        usable_for: timedelta,
        *,
        root: UUID | None = None,
        exact: str | None = None,
        store: IntentStore | AsyncIntentStore | None = None,
        outer: Intent | None = None,
    ) -> None:
        """``root``: what keys are derived from, else the store knows it; ``exact``: the only key."""
        self.name = name
        self.usable_for = usable_for
        self._root = root
        self._exact = exact
        self._store = store
        self.born: Birth = outer.born if outer else Birth.ago()
        """When its key was made."""
        self._outer = outer
        self._used = False
        self._calls: CallsMade = outer._calls if outer else CallsMade()  # noqa: SLF001 - another of this class

    def __enter__(self) -> Self:
        self._ask_store()
        _entered.set((*_entered.get(), _Entered(self, generator_that_enters(__name__))))
        return self

    def __exit__(self, *raised: object) -> None:
        """:raises ConfigurationError: an intent that was entered later is still in force."""
        self._end(raised[1])

    def _end(self, raised: object) -> None:
        failed = isinstance(raised, BaseException)
        if failed and self._outer is None:
            self._calls.ask_again()
        if not failed and not self._used:
            LOGGER.warning(UNUSED, stacklevel=3)
        if not _leave(self):
            if not isinstance(raised, BaseException):
                raise ConfigurationError(CROSSED)
            raised.add_note(CROSSED)

    async def __aenter__(self) -> Self:
        if self._root is None and self._store is not None:
            if inspect.iscoroutinefunction(self._store.keep):
                self._know(await self._store.keep(self.name or ""))
            else:
                # imported late: it is half of what importing the client would cost, and who awaits has it already
                from asyncio import to_thread

                await to_thread(self._ask_store)
        return self.__enter__()

    async def __aexit__(self, *raised: object) -> None:
        self._end(raised[1])

    def _ask_store(self) -> None:
        if self._root is not None or self._store is None:
            return
        kept = self._store.keep(self.name or "")
        if inspect.iscoroutine(kept):
            kept.close()
            raise ConfigurationError(f"{type(self._store).__name__} is async: async with intent(…)")
        assert isinstance(kept, KeptKey)
        self._know(kept)

    def _know(self, kept: KeptKey) -> None:
        self._root, self.born = kept.key, Birth.ago(kept.age)

    @property
    def token(self) -> str:
        """What tells this intent from others in the mark of a request: entered again in any way, it is the same one."""
        return self._exact or str(self._root)

    def key_for(self, operation: str) -> str:
        """The key of the call ``operation``, such as ``POST /transfers``: the same whenever it is asked for.

        :raises KeyTooOld: a server may have forgotten it.
        """
        self.note_call()
        if self._exact is not None:
            return self._exact
        if self._root is None:
            raise ConfigurationError(f"the intent {self.name!r} is not entered: its store has its key")
        key = str(uuid5(self._root, f"call {operation}"))
        self._check_age(key)
        return key

    def step(self, name: Name) -> UUID | None:
        """What the keys of a step are derived from; ``None``: this intent has one key, and so no steps.

        :raises ConfigurationError: the name cannot be one.
        """
        return None if self._root is None else uuid5(self._root, f"step {_text(name)}")

    def note_call(self) -> None:
        """A call in it has a key, of it or of its caller."""
        noted: Intent | None = self
        while noted is not None:
            noted._used = True  # noqa: SLF001 - another of this class
            noted = noted._outer  # noqa: SLF001 - as above

    def _check_age(self, key: str) -> None:
        age = timedelta(seconds=self.born.age)
        if not -CLOCK_TOLERANCE <= age <= self.usable_for:
            raise KeyTooOld(
                f"the key of this intent was made {age} ago, and is only sent for {self.usable_for}: a server may have "
                "forgotten it, and would execute it again. Find out what became of the call, then forget() the name.",
                idempotency_key=key,
                intent=self.name,
            )

    def begin(self, operation: str, identity: bytes) -> str:
        """The key of a call that goes out now; ``identity``: a digest of all that is asked.

        :raises AmbiguousIntent: it is neither a retry nor a new call.
        :raises KeyTooOld: as :meth:`key_for`.
        """
        key = self.key_for(operation)
        problem = self._calls.begin(key, identity)
        if problem is not None:
            raise AmbiguousIntent(
                f'{operation} {problem} in this intent: another call needs a step of its own, with intent("name"), or an '
                "intent of its own; a retry sends the same request again, once the first has ended",
                idempotency_key=key,
                intent=self.name,
            )
        return key

    def end(self, key: str, *, succeeded: bool) -> None:
        """The call that began under ``key`` is over."""
        self._calls.end(key, succeeded=succeeded)


@dataclass(frozen=True, slots=True)
class _Entered:
    """``generator``: the one whose ``with`` it is, if any."""

    intent: Intent
    generator: EnteringGenerator | None


_entered: ContextVar[tuple[_Entered, ...]] = ContextVar("idem_runtime_intents", default=())


def _leave(own: Intent) -> bool:
    """Whether ``own`` was the innermost; also where it was entered in another context, which has ended."""
    entered = _entered.get()
    places = [place for place, entry in enumerate(entered) if entry.intent is own]
    if not places:
        return True
    _entered.set(entered[: places[-1]] + entered[places[-1] + 1 :])
    return places[-1] == len(entered) - 1


UNUSED = (
    "an intent has ended, and no call in it had a key. Usual causes: the calls went out from a thread that has not its "
    "context (contextvars.copy_context().run), round the transport (httpx: proxy= or mounts= beside transport=; requests: "
    "mounted for another address), or with a method that gets no key (CallPolicy.methods)"
)
CROSSED = (
    "this intent has ended before one that was entered inside it, so calls may have got the keys of another intent: two "
    "generators that yield inside an intent take turns, or __exit__ was called by hand. Enter an intent in a function that "
    "makes its calls and returns."
)
SUSPENDED = (
    "the intent in force here is that of a generator which stopped at a yield, so this call is none of its own: enter an "
    "intent in a function that makes its calls and returns, and yield outside it (what contextlib.contextmanager makes is "
    "no such generator)"
)


def current_intent() -> Intent | None:
    """The intent that is in force here; tasks have that of the code that started them, new threads have none.

    :raises ConfigurationError: it is of a generator that is at a ``yield`` inside it.
    """
    entered = _entered.get()
    if not entered:
        return None
    generator = entered[-1].generator
    if generator is not None and generator.is_suspended():
        raise ConfigurationError(SUSPENDED)
    return entered[-1].intent


def intent(
    name: Name | None = None,
    *,
    store: IntentStore | AsyncIntentStore | None = None,
    key: str | UUID | None = None,
    usable_for: Duration = USABLE_FOR,
) -> Intent:
    """One thing that shall happen once, for ``with`` and ``async with``.

    ``intent("invoice-2231", store=…)`` has the same keys in every process that uses this store. Inside an intent,
    ``intent("fee")`` is a step of it, with keys of its own. ``intent(key=…)`` has a key that the caller keeps, for one
    call. ``usable_for``: how old a key may be when it is sent; an hour less than the server's retention at most.

    :raises ConfigurationError: a name that nobody keeps or that cannot be one, a step without a name, or a duration that
        cannot be used.
    """
    text, age = None if name is None else _text(name), as_timedelta(usable_for)
    if not isinstance(age, timedelta) or age <= timedelta(0):
        raise ConfigurationError(f"usable_for={shown(age)}: a timedelta or seconds, more than zero")
    if key is not None and store is None:
        return Intent(text, age, exact=_usable(key))  # how old it is, only its caller knows
    if store is not None:
        if not text or key is not None:
            raise ConfigurationError("a store keeps a key by its name: intent(name, store=…), without key=")
        return Intent(text, age, store=store)
    outer = current_intent()
    if outer is not None:
        return _step(outer, text, age)
    if text is not None:
        raise ConfigurationError(
            f"intent({text!r}): nobody keeps this name. Give a store=, or leave the name out, where the key may end with "
            "the process"
        )
    return Intent(None, age, root=uuid4())


def _step(outer: Intent, name: str | None, age: timedelta) -> Intent:
    root = outer.step(name) if name else None
    if not name or root is None:
        raise ConfigurationError(
            "an intent inside an intent is a step of it, and needs a name, or a retry of the whole would do it twice; an "
            "intent with key= has no steps"
        )
    full = name if outer.name is None else f"{outer.name}/{name}"
    return Intent(full, min(age, outer.usable_for), root=root, outer=outer)


def _text(name: Name) -> str:
    """``name`` as it is kept. :raises ConfigurationError: it may be another text after a restart, or is none."""
    try:
        text = text_of(name)
        text.encode()
    except (NoName, UnicodeEncodeError) as error:
        raise ConfigurationError(f"the name of an intent, or its key, cannot be used: {error}") from None
    return text


def _usable(key: str | UUID) -> str:
    text = _text(key)
    if not 0 < len(text) <= 255 or not (text.isascii() and text.isprintable()):
        raise ConfigurationError(f"key={text!r}: 1 to 255 printable ASCII characters")
    return text
