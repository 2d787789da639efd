"""Every short script of two sessions on one stack of savepoints, against two sessions with a connection each.

Postgres is played by a list: a savepoint is a place in it. What is kept is what would be kept bare, or the stack says that
it is not (``undone``, ``abandoned``); never something else in silence.
"""

from __future__ import annotations

import itertools
import random
import re

import pytest

from idem_runtime.drivers.savepoint_stack import SavepointStack, Work

CLAIM = "idem_claim"
STEPS = ["write", "fail", "commit", "rollback", "part", "keep", "undo"]
SCRIPT = list[tuple[int, str]]


class Postgres:
    """One transaction: its savepoints and rows in order, and whether a statement has failed."""

    def __init__(self) -> None:
        self.done: list[str | int] = []
        self.failed = False

    def send(self, sql: str) -> None:
        for statement in sql.split("; "):
            if statement == "ROLLBACK":
                self.done, self.failed = [], False
                continue
            name = re.search(r'"(.+)"', statement)
            assert name is not None
            if statement.startswith("ROLLBACK TO"):
                assert name[1] in self.done, f"no such savepoint: {statement}"
                del self.done[self._last(name[1]) + 1 :]
                self.failed = False
                continue
            assert not self.failed, f"in a failed transaction: {statement}"
            if statement.startswith("RELEASE"):
                assert name[1] in self.done, f"no such savepoint: {statement}"
                place = self._last(name[1])
                self.done[place:] = [row for row in self.done[place:] if isinstance(row, int)]
            else:
                self.done.append(name[1])

    def _last(self, name: str) -> int:
        return len(self.done) - 1 - self.done[::-1].index(name)

    @property
    def rows(self) -> set[int]:
        return {row for row in self.done if isinstance(row, int)}


class Bare:
    """A session with a connection of its own."""

    def __init__(self) -> None:
        self.kept: set[int] = set()
        self.open: list[int | str] = []
        self.failed = False

    def step(self, step: str, row: int) -> None:
        if step == "commit" and not self.failed:
            self.kept |= {row for row in self.open if isinstance(row, int)}
        if step in ("commit", "rollback"):
            self.open, self.failed = [], False
        elif step == "write":
            self.open.append(row)
        elif step == "fail":
            self.failed = True
        elif step == "part":
            self.open.append("part")
        else:
            place = len(self.open) - 1 - self.open[::-1].index("part")
            if step == "undo":
                del self.open[place:]
                self.failed = False
            else:
                del self.open[place]


class Joined:
    """The same session on the stack."""

    def __init__(self, stack: SavepointStack, server: Postgres) -> None:
        self.stack, self.server = stack, server
        self.work: Work | None = None
        self.parts: list[str] = []

    def step(self, step: str, row: int) -> None:
        if step in ("commit", "rollback"):
            if self.work is not None:
                getattr(self.stack, step)(self.work, failed=self.server.failed)
            self.work, self.parts = None, []
            return
        self.work = self.work or Work()
        if step in ("write", "fail", "part"):
            self.stack.enter(self.work, writes=step != "part", failed=self.server.failed)
        if step == "write":
            assert not self.server.failed
            self.server.done.append(row)
        elif step == "fail":
            self.server.failed = True
        elif step == "part":
            self.parts.append(self.stack.part(self.work))
        elif step == "keep":
            self.stack.part_kept(self.parts.pop())
        else:
            self.stack.part_undone(self.work, self.parts.pop())


def possible(script: SCRIPT) -> bool:
    """Whether an application can do this: only a rollback follows a failure, and parts end that have begun."""
    failed, parts = [False, False], [0, 0]
    for who, step in script:
        ends_part = step in ("keep", "undo")
        if (failed[who] and step not in ("commit", "rollback", "undo")) or (ends_part and not parts[who]):
            return False
        failed[who] = step == "fail" or (failed[who] and step not in ("commit", "rollback", "undo"))
        parts[who] += {"part": 1, "keep": -1, "undo": -1}.get(step, 0)
        if step in ("commit", "rollback"):
            parts[who] = 0
    return True


def play(script: SCRIPT, *, claim_after: int) -> None:
    server = Postgres()
    stack = SavepointStack(server.send)
    bare = [Bare(), Bare()]
    joined = [Joined(stack, server), Joined(stack, server)]
    for number, (who, step) in enumerate(script):
        if number == claim_after:
            if server.failed:
                return  # the claim itself would fail
            server.send(f'SAVEPOINT "{CLAIM}"')
            stack.claimed(CLAIM)
        work = joined[who].work
        if work is not None and work.aborted and step not in ("commit", "rollback"):
            return  # refused: the application sees it
        if stack.undone:
            return  # nothing is kept, whatever comes
        bare[who].step(step, number)
        joined[who].step(step, number)
    if stack.undone or stack.abandoned or server.failed:
        return
    expected = {row for session in bare for row in (*session.kept, *session.open) if isinstance(row, int)}
    assert server.rows == expected, (script, claim_after)
    if claim_after < len(script):
        assert CLAIM in server.done, "the claim has to outlive what sessions do"


def test_every_script_of_four_steps() -> None:
    steps = list(itertools.product((0, 1), STEPS))
    played = 0
    for script in itertools.product(steps, repeat=4):
        if possible(list(script)):
            played += 1
            play(list(script), claim_after=0)
    assert played > 3000


@pytest.mark.parametrize("length", [6, 12])
def test_long_scripts_with_a_claim_in_between(length: int) -> None:
    chance = random.Random(length)
    played = 0
    while played < 1500:
        script = [(chance.randrange(2), chance.choice(STEPS)) for _ in range(length)]
        if possible(script):
            played += 1
            play(script, claim_after=chance.randrange(length))
