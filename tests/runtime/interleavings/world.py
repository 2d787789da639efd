"""One run: some callers of one key (or of two with one lock) on real connections, moved one step at a time from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from idem_runtime.model import Ask, Statement
from idem_runtime.protocol.fingerprint import of_value
from tests.runtime.interleavings.caller import Caller, Ghost
from tests.runtime.interleavings.scenario import Choice, Scenario
from tests.runtime.interleavings.scripts import Effect, Look, Provide, Release, Role
from tests.runtime.interleavings.wires import Monitor, Wire

SCOPE, RENAMED = "5:alice3:pay", "5:alice3:old"
WAIT = {"external": 0.02, "local": 3600.0}
"""Seconds. External: a caller looks twice. Local: the limit of a wait for a lock is a choice, "time out"."""
EXPIRED = (
    "INSERT INTO idempotency_records (scope, idempotency_key, status, payload_hash, response_data, response_body,"
    " expiry_time, attempt, created_at) VALUES (%s, %s, 'COMPLETED', 'v1:-:00', NULL, NULL,"
    " clock_timestamp() - interval '1 s', gen_random_uuid(), clock_timestamp())"
)
LAPSE = (
    "UPDATE idempotency_records SET in_progress_expiry = clock_timestamp() - interval '1 s'"
    " WHERE idempotency_key = %s AND status = 'INPROGRESS'"
)
_numbers = count(1)


@dataclass
class Stage:
    """What all runs share: the connections."""

    dsn: str
    monitor: Monitor
    wires: list[Wire] = field(default_factory=list)

    def wire(self) -> Wire:
        """A connection that is in no transaction."""
        return self.wires.pop() if self.wires else Wire(self.dsn)

    def back(self, wire: Wire) -> None:
        """Take a connection back; one that is in the middle of something is ended."""
        if wire.usable:
            self.wires.append(wire)
        else:
            self.monitor.terminate(wire)

    def close(self) -> None:
        """End all connections."""
        for wire in self.wires:
            wire.connection.close()
        self.monitor.connection.close()


def set_up(dsn: str) -> Stage:
    """A stage on a database that has our tables."""
    monitor = Monitor(dsn)
    monitor.connection.execute(
        "CREATE TABLE IF NOT EXISTS effects (key text NOT NULL, attempt text NOT NULL)"
    )
    monitor.connection.execute("CREATE INDEX IF NOT EXISTS effects_key ON effects (key)")
    return Stage(dsn, monitor)


class World:
    """The state of one run."""

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        """Every caller stands before its first step."""
        self.scenario, self.stage = scenario, stage
        number = next(_numbers)
        self.keys = [f"{number}", f"{number} too"] if scenario.collide else [f"{number}"]
        self.calls: list[Provide] = []
        self.ghosts: list[Ghost] = []
        self.callers: list[Caller] = []
        self.fault_to_come, self.time_outs = bool(scenario.faults), scenario.time_outs
        if scenario.expired:
            self.query(EXPIRED, SCOPE, self.keys[0])
        last = len(scenario.roles) - 1
        for index, role in enumerate(scenario.roles):
            self.callers.append(
                Caller(self, index, role, self.ask(self.keys[-1 if index == last else 0], role))
            )

    def ask(self, key: str, role: Role) -> Ask:
        """What a caller in this role asks for."""
        payload, wait = of_value(2 if role == "other payload" else 1), WAIT[self.scenario.effect]
        return Ask(SCOPE, key, payload, "", wait=wait, previous=(RENAMED,) if self.scenario.renamed else ())

    def query(self, text: str, *values: Any) -> list[Any]:
        """Ask from outside; the rows."""
        cursor = self.stage.monitor.connection.execute(text, values)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []

    def lease_passes(self, key: str) -> None:
        """As time does."""
        self.query(LAPSE, key)

    def last_call(self, key: str, role: Role) -> Caller:
        """One more caller, when all others have ended, alone to its end."""
        caller = Caller(self, len(self.callers), role, self.ask(key, role))
        while caller.answer is None:
            caller.step()
            assert not caller.blocked, "nobody is left to wait for"
        caller.put_away()
        return caller

    def provider(self, command: Provide | Look) -> str | None:
        """Call the provider, or ask it; the attempt whose call it has executed."""
        if isinstance(command, Provide):
            self.calls.append(command)
        return next((call.attempt for call in self.calls), None)

    def running_beside(self, caller: Caller) -> set[int]:
        """Who else runs the key of ``caller`` now."""
        key = caller.ask.key
        running = {other.index for other in self.callers if other.running and other.ask.key == key}
        ghosts = {
            ghost.owner for ghost in self.ghosts if ghost.steps and self.callers[ghost.owner].ask.key == key
        }
        return (running - {caller.index}) | ghosts

    def end(self) -> None:
        """Give all connections back."""
        for caller in self.callers:
            caller.script.close()
            caller.put_away()
        for ghost in self.ghosts:
            self.stage.monitor.terminate(ghost.wire)

    def choices(self) -> list[Choice]:
        """Everything that may happen next; empty: all have ended, or all are blocked."""
        choices = [choice for caller in self.callers for choice in self._choices_of(caller)]
        choices += [
            ("ghost", number, "end" if len(ghost.steps) == 1 else ghost.steps[0].kind)
            for number, ghost in enumerate(self.ghosts)
            if ghost.steps and not ghost.blocked
        ]
        return choices

    def _choices_of(self, caller: Caller) -> Iterator[Choice]:
        if caller.answer is not None or self._not_its_turn(caller):
            return
        if not caller.blocked:
            yield ("step", caller.index, caller.steps[0].kind)
        elif self.time_outs and self.stage.monitor.waits_for_advisory_lock(caller.wire):
            yield ("time out", caller.index, "other")
        if caller.index == 0 and self.fault_to_come:
            yield from self._faults_of(caller)

    def _faults_of(self, caller: Caller) -> Iterator[Choice]:
        connected = isinstance(caller.command, Statement | Effect | Release)
        for fault in self.scenario.faults:
            if fault == "die":
                yield (fault, 0, "end")
            elif fault == "lapse" and caller.admitted:
                yield (fault, 0, "other")
            elif fault in ("cut", "lose") and connected:
                yield (fault, 0, "end" if fault == "cut" else "client")

    def _not_its_turn(self, caller: Caller) -> bool:
        """Callers that do the same are interchangeable: they begin in order."""
        return not caller.begun and any(
            not other.begun and (other.role, other.ask.key) == (caller.role, caller.ask.key)
            for other in self.callers[1 if self.scenario.faults else 0 : caller.index]
        )

    def take(self, choice: Choice) -> None:
        """Let it happen; and those who were blocked by what it ended go on to the end of their step."""
        verb, number, _ = choice
        self.time_outs -= verb == "time out"
        self.fault_to_come = self.fault_to_come and verb in ("step", "ghost", "time out")
        if verb == "ghost":
            self.ghosts[number].step()
        else:
            caller = self.callers[number]
            {
                "step": caller.step,
                "time out": caller.time_out,
                "die": caller.die,
                "cut": caller.cut,
                "lose": caller.lose,
                "lapse": caller.lapse,
            }[verb]()
        self.wake()

    def wake(self) -> bool:
        """Look again at those who are blocked; whether somebody is still."""
        waiting = [one for one in (*self.callers, *self.ghosts) if one.blocked]
        for one in waiting:
            one.look()
        return any(one.blocked for one in waiting)
