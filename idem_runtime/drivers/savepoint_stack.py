"""The savepoints of one transaction that several sessions share, each of which takes it for its own.

A *span* is what one of them did without another in between; it begins with a savepoint. Who commits leaves its spans
closed, who rolls back undoes those in which it wrote, and all that was done since then. Where that hits what somebody
else has written, ``undone`` says so: nothing of this transaction may be kept then. Savepoints that nobody needs any more
are released together with the next one that is made, in one round trip, or by the end of the transaction.

No database is used here: what to send is given to ``send``. It is noted before it is sent, because others may send
something while it is waited for: they are taken to have come after it.
"""

from __future__ import annotations

from collections.abc import Callable


class Work:
    """A transaction as one session sees it: it may be kept or undone alone."""

    __slots__ = ("aborted", "open", "sunk")

    def __init__(self) -> None:
        """Nothing is done in it yet."""
        self.open = True
        self.aborted = False
        """A statement of it failed, and was undone for the others' sake: only a rollback is left to it."""
        self.sunk = False
        """Some of what it wrote cannot be undone alone any more."""


class Span:
    """What ``owner`` did since a savepoint; ``owner`` is ``None`` for a claim, and for the beginning of the transaction."""

    __slots__ = ("made", "name", "others", "over", "owner", "wrote")

    def __init__(self, name: str | None, owner: Work | None, *, made: bool) -> None:
        """``made``: the savepoint was made for this span, not for the one below, in which nothing was done since."""
        self.name = name
        self.owner = owner
        self.made = made
        self.wrote = False
        self.others = False
        """Something in it was written by others than its owner, and is theirs to keep."""
        self.over = False
        """It was a part, and is not undone alone any more."""

    @property
    def ended(self) -> bool:
        """Whether the work that it belongs to has ended."""
        return self.owner is not None and not self.owner.open


class SavepointStack:
    """The spans of one transaction, the oldest first."""

    def __init__(self, send: Callable[[str], None]) -> None:
        """``send`` runs SQL in the transaction."""
        self._send = send
        self._spans = [Span(None, None, made=True)]
        self._moved = False
        self._number = 0
        self._aborted: list[Work] = []
        self.undone = False
        """Somebody's rollback has undone what somebody else wrote: nothing of the transaction may be kept."""

    @property
    def abandoned(self) -> bool:
        """Whether a statement has failed, was undone for the sake of others, and whose it was has not rolled back."""
        return any(work.open for work in self._aborted)

    # What others do in the transaction

    def claimed(self, name: str) -> None:
        """Somebody else has made the savepoint ``name``: what is done from now on is above it."""
        self._spans.append(Span(name, None, made=True))
        self._moved = False

    def used_beside(self) -> None:
        """Somebody else has sent something."""
        self._moved = True
        self._spans[-1].others = True

    def taken_back(self, name: str) -> None:
        """Somebody else has undone all that was done since the savepoint ``name``."""
        place = self._place_of(name)
        if place is not None:
            del self._spans[place + 1 :]
            self._spans[place].others = self._moved = False

    def claim_ended(self, name: str, *, kept: bool) -> None:
        """Somebody else has released the savepoint ``name``, and undone before what was done since, or ``kept`` it."""
        place = self._place_of(name)
        while place is not None and len(self._spans) > place:
            dropped = self._spans.pop()
            dropped.others = dropped.others or dropped.owner is None
            if kept:
                self._sink(dropped)
        self._moved = True

    # Statements

    def enter(self, work: Work, *, writes: bool, failed: bool = False) -> None:
        """``work`` is about to send a statement; ``failed``: the transaction takes none before something is undone."""
        top = self._spans[-1]
        if failed and top.owner is not None and top.owner is not work and top.name is not None:
            top.owner.aborted = True
            self._aborted.append(top.owner)
            self._undo(len(self._spans) - 1, top.owner)
            top = self._spans[-1]
        if top.owner is not work or (writes and top.name is None):
            self._begin(work, writes=writes)
        self._spans[-1].wrote = self._spans[-1].wrote or writes
        self._moved = True

    def sent(self, work: Work) -> None:
        """The statement has been sent: what a listener did between :meth:`enter` and that has it above its own savepoint."""
        top = self._spans[-1]
        if top.owner is work:
            return
        if top.ended and not (top.wrote or top.others):  # nothing is left of it
            top.owner, top.over, top.wrote = work, False, True
        else:
            top.others = True
        self._moved = True

    def _begin(self, work: Work, *, writes: bool) -> None:
        top = self._spans[-1]
        if self._moved or (writes and top.name is None):
            self.part(work)
        elif top.ended:  # nothing is left of it
            top.owner, top.over, top.wrote, top.others = work, False, False, False
        else:
            self._spans.append(Span(top.name, work, made=False))

    def part(self, work: Work) -> str:
        """Begin a part of ``work`` that can be undone alone; the name of its savepoint."""
        released = self._drop()
        self._number += 1
        name = f"idem_part_{self._number}"
        release = "" if released is None else f'RELEASE SAVEPOINT "{released}"; '
        self._spans.append(span := Span(name, work, made=True))
        self._moved = False
        try:
            self._send(f'{release}SAVEPOINT "{name}"')
        except BaseException:
            self._spans.remove(span)
            raise
        return name

    def _drop(self) -> str | None:
        """Forget the spans on top that nobody undoes alone any more; the lowest savepoint among them."""
        lowest: str | None = None
        while self._droppable():
            top = self._spans.pop()
            lowest = top.name if top.made else lowest
            self._sink(top)
        return lowest

    def _droppable(self) -> bool:
        below, top = self._spans[-2:] if len(self._spans) > 1 else (None, self._spans[0])
        return top.name is not None and (
            top.ended or (top.over and below is not None and below.owner is top.owner)
        )

    def _sink(self, dropped: Span) -> None:
        """What was done in ``dropped`` is part of the span below it."""
        below, owner = self._spans[-1], dropped.owner
        if below.owner is owner:
            below.wrote = below.wrote or dropped.wrote
            below.others = below.others or dropped.others
            return
        below.others = below.others or dropped.wrote or dropped.others
        if owner is not None and owner.open and dropped.wrote:
            owner.sunk = True

    # Ends

    def commit(self, work: Work, *, failed: bool = False) -> None:
        """What ``work`` did is to be kept; where its statement ``failed``, it is undone, as the server does on COMMIT."""
        top = self._spans[-1]
        if work.aborted or (failed and top.owner is work):
            self.rollback(work, failed=failed)
        work.open = False

    def rollback(self, work: Work, *, failed: bool = False) -> None:
        """What ``work`` did is undone; ``failed``: the last statement of the transaction failed."""
        work.open = False
        self.undone = self.undone or work.sunk
        for place, span in enumerate(self._spans):
            hurt = failed and span is self._spans[-1]
            if span.owner is work and (span.wrote or hurt):
                self._undo(place, work)
                return

    def part_kept(self, name: str) -> None:
        """A part has ended well: it is undone with the rest of its work, not alone."""
        place = self._place_of(name)
        if place is not None:
            self._spans[place].over = True

    def part_undone(self, work: Work, name: str) -> None:
        """A part of ``work`` is undone; one that went with another's rollback cannot be, if ``work`` has gone on in it."""
        place = self._place_of(name)
        if place is None:
            self.undone = self.undone or any(span.owner is work and span.wrote for span in self._spans)
            return
        self._undo(place, work)
        self._spans[place].over = True

    def _place_of(self, name: str) -> int | None:
        return next(
            (place for place, span in enumerate(self._spans) if span.name == name and span.made), None
        )

    def _undo(self, place: int, work: Work) -> None:
        """Undo all from the span at ``place`` on. A claim that is undone by this is made again: its key is still taken."""
        first, *above = lost = self._spans[place:]
        claims = [span for span in above if span.owner is None]
        self.undone = self.undone or any(
            span.others or (span.wrote and span.owner is not work) for span in lost
        )
        for span in above:
            if span.owner is not None and span.owner is not work and span.owner.open and span.wrote:
                span.owner.sunk = True
        if first.name is None and claims:
            self.undone = True  # the beginning of a transaction is no savepoint
            return
        first.wrote = first.others = False
        for claim in claims:
            claim.others = False
        self._spans[place:] = [first, *claims]
        self._moved = False
        made_again = "".join(f'; SAVEPOINT "{claim.name}"' for claim in claims)
        self._send("ROLLBACK" if first.name is None else f'ROLLBACK TO SAVEPOINT "{first.name}"{made_again}')
