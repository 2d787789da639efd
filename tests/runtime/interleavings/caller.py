"""One caller of a run: its script, its connections, and the step that it takes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from idem_runtime.drivers.located_table import Located
from idem_runtime.drivers.prepared_statements import prepared
from idem_runtime.drivers.savepoint_stack import SavepointStack, Work
from idem_runtime.drivers.statement_text import compose
from idem_runtime.drivers.table import Table
from idem_runtime.drivers.wire_messages import failure, results
from idem_runtime.model import Ask, Pause, Statement, StoreError
from tests.runtime.interleavings.scripts import (
    Admitted,
    Command,
    Effect,
    Look,
    Provide,
    Release,
    Role,
    calling,
)
from tests.runtime.interleavings.wires import Lost, Step, Wire, prepared_steps, steps_of

if TYPE_CHECKING:
    from tests.runtime.interleavings.world import World

WHERE = Located(Table(), looked=True)
LOCK = 1
"""The lock of two keys that collide."""


class Caller:
    """Stands before a step, is blocked in one, or has its answer."""

    def __init__(self, world: World, index: int, role: Role, ask: Ask) -> None:
        """Nothing is sent yet."""
        scenario = world.scenario
        self.world, self.index, self.role, self.ask = world, index, role, ask
        self.script = calling(ask, role, scenario.effect, locked=scenario.locked)
        self.main: Wire | None = None
        self.alone: Wire | None = None
        self.gone = False  # the connection of its transaction is lost, and it has not given it back yet
        self.begun = self.blocked = self.faulted = self.admitted = False
        self.answer: str | None = None
        self.beside: set[int] = set()  # who else ran its key while it took the steps of its last message
        self.per_statement = scenario.level == "read committed"
        self.snapshot = self.per_statement
        self.steps: list[Step] = []
        self.got: list[PGresult] = []
        self._command(next(self.script))

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended."""
        return self.begun and self.answer is None

    @property
    def fresh(self) -> bool:
        """Whether its step is none of its transaction."""
        return isinstance(self.command, Statement) and self.command.fresh

    @property
    def wire(self) -> Wire:
        """The connection of its step."""
        if self.fresh:
            self.alone = self.alone or self.world.stage.wire()
            return self.alone
        self.main = self.main or self.world.stage.wire()
        return self.main

    # what it does

    def step(self) -> None:
        """Take the next step, and those after it that nobody can notice."""
        self.begun = True
        self._notice()
        if isinstance(self.command, Provide | Look):
            self._next(self.world.provider(self.command))
        else:
            self._take()

    def look(self) -> None:
        """Whether the step has ended."""
        self._notice()
        try:
            ended = self.world.stage.monitor.settled(self.wire)
        except Lost:
            self._lost()
            return
        self.blocked = ended is None
        if ended is not None:
            self._ended(ended)

    def put_away(self) -> None:
        """Give the connections back."""
        for wire in (self.main, self.alone):
            if wire is not None:
                self.world.stage.back(wire)
        self.main = self.alone = None

    def _notice(self) -> None:
        self.beside |= self.world.running_beside(self)

    def _take(self) -> None:
        step = self.steps[0]
        if not self.fresh:
            self.snapshot = self.per_statement or step.kind not in ("client", "end")
        try:
            self.wire.send(step)
        except Lost:
            self._lost()
        else:
            self.look()

    def _ended(self, ended: list[PGresult]) -> None:
        self.got += ended
        self.steps = self.steps[1:]
        if ended[-1].status == ExecStatus.FATAL_ERROR:
            self._failed()
        elif self.steps and self.steps[0].kind == "client":
            self._take()
        elif not self.steps:
            connection = self.wire.connection
            self._next(results(connection, self.got) if isinstance(self.command, Statement) else None)

    def _failed(self) -> None:
        wire = self.wire
        error = psycopg.errors.error_from_result(self.got[-1])
        if self.fresh and wire.in_transaction:
            wire.pgconn.exec_(b"ROLLBACK")
        self._throw(failure(error, WHERE.table, closed=wire.connection.closed))

    def _lost(self) -> None:
        self.blocked = False
        if self.fresh:
            self.alone = None
        else:
            self.main, self.gone, self.snapshot = None, True, self.per_statement
        if isinstance(self.command, Release):
            self.gone = False
            self._next(None)
        else:
            self._throw(StoreError(None))

    # its script

    def _next(self, result: Any) -> None:
        try:
            command = self.script.send(result)
        except StopIteration as end:
            self.answer = end.value
        else:
            self._command(command)

    def _throw(self, error: Exception) -> None:
        try:
            command = self.script.throw(error)
        except StopIteration as end:
            self.answer = end.value
        else:
            self._command(command)

    def _command(self, command: Command) -> None:
        self.command, self.got = command, []
        if isinstance(command, Statement) and self.role not in ("takes over", "reconciles"):
            self.beside = (
                set()
            )  # those two are told in_progress where the owner ended between their look and their try
        self.steps = self._steps(command)
        if not self.steps:
            self._without_steps(command)
        elif self.steps[0].kind == "client":
            self._take()

    def _steps(self, command: Command) -> list[Step]:
        if isinstance(command, Statement) and (command.fresh or not self.gone):
            snapshot = self.per_statement if command.fresh else self.snapshot
            message = prepared(self.wire.connection, WHERE, self.bound(command), self.level)
            if message is not None and self.world.scenario.prepared:
                return prepared_steps(message, snapshot=snapshot)
            return steps_of(self.message(command), snapshot=snapshot)
        if isinstance(command, Effect):
            text = f"INSERT INTO effects (key, attempt) VALUES ('{self.ask.key}', '{command.attempt}')"
            return (
                _in_sessions(text, command)
                if self.world.scenario.sessions
                else [Step(text.encode(), "effect")]
            )
        if isinstance(command, Provide | Look):
            return [Step(b"", "other")]
        if isinstance(command, Release) and self.main is not None and self.main.in_transaction:
            return [Step(b"ROLLBACK", "end")]
        return []

    def _without_steps(self, command: Command) -> None:
        if isinstance(command, Statement):
            self._throw(StoreError(None))
            return
        if isinstance(command, Release):
            self.gone = False
        elif isinstance(command, Admitted):
            self.admitted = True
        else:
            assert isinstance(command, Pause)
            assert self.main is None or not self.main.in_transaction, "a pause holds no transaction"
        self._next([])

    def message(self, statement: Statement) -> bytes:
        """What a driver sends for ``statement`` in the simple form."""
        params = self.bound(statement).params
        return compose(self.wire.connection, WHERE.table, statement.name, params, level=self.level)

    def bound(self, statement: Statement) -> Statement:
        """``statement``, with a lock that another key has, too, where keys collide."""
        if self.world.scenario.collide and "lock" in statement.params:
            return statement._replace(params={**statement.params, "lock": LOCK, "locks": [LOCK]})
        return statement

    @property
    def level(self) -> str:
        """As psycopg calls it."""
        return self.world.scenario.level.upper().replace(" ", "_")

    # what befalls it

    def time_out(self) -> None:
        """Its wait for a lock reaches the limit."""
        wire = self.wire
        self.world.stage.monitor.time_out(wire)
        while wire.answer(1) is None:
            pass
        self.blocked = False
        self._throw(StoreError("55P03", cause=psycopg.errors.LockNotAvailable("the limit is reached")))

    def die(self) -> None:
        """Its process ends, and the server's with it."""
        self.script.close()
        for wire in (self.main, self.alone):
            if wire is not None:
                self.world.stage.monitor.terminate(wire)
        self.main = self.alone = None
        self.blocked, self.faulted, self.answer = False, True, "dead"

    def cut(self) -> None:
        """The server's process is ended; it hears of that now if it waits, else with its next step."""
        self.begun = self.faulted = True
        self.world.stage.monitor.terminate(self.wire)
        if self.blocked:
            self._lost()

    def lose(self) -> None:
        """It is told that its connection is lost; what it had sent goes on."""
        self.begun = self.faulted = True
        self.world.ghosts.append(Ghost(self.world, self.index, self.wire, self.steps, self.blocked))
        self._lost()

    def lapse(self) -> None:
        """Its lease passes."""
        self.faulted = True
        self.world.lease_passes(self.ask.key)


def _in_sessions(text: str, effect: Effect) -> list[Step]:
    """``text`` in three sessions of the application's own: the first one rolls back, the third one, too."""
    sent: list[str] = []
    stack = SavepointStack(sent.append)
    stack.claimed(f"idem_{effect.attempt}")
    for ends in (stack.rollback, stack.commit, stack.rollback):
        session = Work()
        stack.enter(session, writes=True)
        sent.append(text)
        ends(session)
    undone, *kept = sent
    return [Step(undone.encode(), "effect"), Step(";\n".join(kept).encode(), "effect")]


@dataclass
class Ghost:
    """What the server process of a lost connection still has to do; then it finds nobody there, and ends."""

    world: World
    owner: int
    wire: Wire
    steps: list[Step]
    blocked: bool

    def step(self) -> None:
        """Run the next statement."""
        self.wire.send(self.steps[0])
        self.look()

    def look(self) -> None:
        """Whether the statement has ended."""
        ended = self.world.stage.monitor.settled(self.wire)
        self.blocked = ended is None
        if ended is None:
            return
        self.steps = self.steps[1:]
        if not self.steps or ended[-1].status == ExecStatus.FATAL_ERROR:
            self.steps = []
            self.world.stage.monitor.terminate(self.wire)
        elif self.steps[0].kind == "client":
            self.step()
