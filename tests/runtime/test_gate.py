"""The gate: one passes per key, the others get a ticket, and a forked child starts anew."""

from __future__ import annotations

import pytest

from idem_runtime import KeyReused
from idem_runtime.fingerprint import of_value
from idem_runtime.gate import Gate, Pass

ASKED = of_value(5)


def test_one_passes_and_all_others_share_a_ticket() -> None:
    gate = Gate()
    assert isinstance(gate.enter("alice", "k", ASKED), Pass)
    ticket = gate.enter("alice", "k", ASKED)
    assert not isinstance(ticket, Pass)
    assert gate.enter("alice", "k", ASKED) is ticket
    assert not ticket.done()
    assert gate.leave("alice", "k") is ticket


def test_another_key_or_scope_passes_meanwhile() -> None:
    gate = Gate()
    places = [("alice", "k"), ("alice", "other"), ("bob", "k")]
    assert all(isinstance(gate.enter(*place, ASKED), Pass) for place in places)


def test_who_leaves_with_nobody_waiting_makes_no_ticket_and_the_next_one_passes() -> None:
    gate = Gate()
    gate.enter("alice", "k", ASKED)
    assert gate.leave("alice", "k") is None
    assert isinstance(gate.enter("alice", "k", ASKED), Pass)


def test_a_forked_child_has_nobody_in_it_and_leaving_there_wakes_nobody() -> None:
    gate = Gate()
    gate.enter("alice", "k", ASKED)
    ticket = gate.enter("alice", "k", ASKED)
    gate._lock.acquire()  # as another thread of the parent may hold it
    gate.forked()
    assert gate.leave("alice", "k") is None
    assert isinstance(gate.enter("alice", "k", ASKED), Pass)
    assert not isinstance(ticket, Pass) and not ticket.done()


def test_another_payload_beside_a_running_one_is_told_at_once_and_disturbs_nobody() -> None:
    gate = Gate()
    gate.enter("alice", "k", ASKED)
    with pytest.raises(KeyReused):
        gate.enter("alice", "k", of_value(6))
    ticket = gate.enter("alice", "k", of_value(5))
    assert gate.leave("alice", "k") is ticket
    assert isinstance(gate.enter("alice", "k", of_value(6)), Pass)
