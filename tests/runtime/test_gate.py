"""The gate: one passes per key, the others get a ticket, and a forked child starts anew."""

from __future__ import annotations

import pytest

from idem_runtime import KeyReused
from idem_runtime.execution.in_process_wait import Gate, Pass
from idem_runtime.protocol.fingerprint import of_value

ASKED = of_value(5)


def passed() -> Pass:
    return Pass(ASKED.stored)


def test_one_passes_and_all_others_share_a_ticket() -> None:
    gate, mine = Gate(), passed()
    assert gate.enter("alice", "k", mine, ASKED) is None
    assert gate.enter("alice", "k", mine, ASKED) is None, "who is in is not told to wait for itself"
    ticket = gate.enter("alice", "k", passed(), ASKED)
    assert ticket is not None and not ticket.done()
    assert gate.enter("alice", "k", passed(), ASKED) is ticket
    assert gate.leave("alice", "k", mine) is ticket


def test_another_key_or_scope_passes_meanwhile() -> None:
    gate = Gate()
    places = [("alice", "k"), ("alice", "other"), ("bob", "k")]
    assert [gate.enter(*place, passed(), ASKED) for place in places] == [None] * 3


def test_who_leaves_with_nobody_waiting_makes_no_ticket_and_the_next_one_passes() -> None:
    gate, mine = Gate(), passed()
    gate.enter("alice", "k", mine, ASKED)
    assert gate.leave("alice", "k", mine) is None
    assert gate.enter("alice", "k", passed(), ASKED) is None


def test_who_leaves_twice_does_not_open_the_gate_for_the_one_after_it() -> None:
    gate, first, second = Gate(), passed(), passed()
    gate.enter("alice", "k", first, ASKED)
    gate.leave("alice", "k", first)
    gate.enter("alice", "k", second, ASKED)
    gate.leave("alice", "k", first)
    assert gate.enter("alice", "k", passed(), ASKED) is not None


def test_a_forked_child_has_nobody_in_it_and_leaving_there_wakes_nobody() -> None:
    gate, mine = Gate(), passed()
    gate.enter("alice", "k", mine, ASKED)
    gate._lock.acquire()  # as another thread of the parent may hold it
    gate.forked()
    assert gate.leave("alice", "k", mine) is None
    assert gate.enter("alice", "k", passed(), ASKED) is None


def test_another_payload_beside_a_running_one_is_told_at_once_and_disturbs_nobody() -> None:
    gate, mine, other = Gate(), passed(), of_value(6)
    gate.enter("alice", "k", mine, ASKED)
    with pytest.raises(KeyReused):
        gate.enter("alice", "k", Pass(other.stored), other)
    ticket = gate.enter("alice", "k", passed(), of_value(5))
    assert gate.leave("alice", "k", mine) is ticket
    assert gate.enter("alice", "k", Pass(other.stored), other) is None
