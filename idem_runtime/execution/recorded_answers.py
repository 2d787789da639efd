"""Which answers are recorded and replayed, and what becomes of effect and key with the others."""

from __future__ import annotations

from typing import Literal, TypeAlias

from idem_runtime.execution.rerun import is_of_the_moment, says_not_executed
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Answer, Response, Unstorable

TRANSIENT = (408, 425, 429)
"""Request Timeout, Too Early, Too Many Requests: the same request may succeed later, so its answer is not for ever."""

Outcome: TypeAlias = Literal["keep", "undo", "free", "unknown"]
"""What is to become of an effect and its key: ``keep`` and record the answer, ``undo`` the effect and record the answer,
undo it (external: nothing happened) and ``free`` the key, or say that it is ``unknown``."""


class RecordedAnswers:
    """What one execution does with an answer."""

    answers: tuple[type[BaseException], ...] = ()
    """Exceptions that are an answer to the caller (HTTP 402), which no other exception is."""

    def __init__(self, mark: MoneyMoving, cap: int) -> None:
        """``cap``: bytes of the largest body that is stored."""
        self.mark = mark
        self.local = mark.effect == "local"
        """Whether all effects are in our transaction."""
        self._cap = cap

    def storable(self, answer: Answer | None) -> Answer | None:
        """``answer``; one that is over the cap cannot be stored."""
        too_large = isinstance(answer, Response) and len(answer.body) > self._cap
        return Unstorable(answer.status) if answer is not None and too_large else answer

    def _recorded(self, status: int) -> bool:
        return self.mark.recorded(status, otherwise=status < 500 and status not in TRANSIENT)

    def classify(self, answer: Answer | None, raised: BaseException | None, *, failed: bool) -> Outcome:
        """What is to become of the effect (``docs/decisions.md#what-is-recorded``); ``failed``: it can only be undone."""
        if not self.local:
            return self._classify_external(answer, raised)
        if not isinstance(answer, Response) or says_not_executed(raised):
            return "free"
        if answer.status < 400:
            return "free" if raised is not None else "keep"
        if not self._recorded(answer.status) or (raised is not None and is_of_the_moment(raised)):
            return "free"
        return "undo" if raised is not None or failed or answer.status >= 500 else "keep"

    def _classify_external(self, answer: Answer | None, raised: BaseException | None) -> Outcome:
        if says_not_executed(raised):
            return "free"
        given = answer is not None and (raised is None or isinstance(raised, self.answers))
        if answer is None or not given or answer.status >= 500:
            return "unknown"
        if answer.status < 400 or self._recorded(answer.status):
            return "keep"
        # who timed out has not said that nothing happened, unless the mark's record= says so
        return "unknown" if answer.status == 408 and self.mark.record is None else "free"
