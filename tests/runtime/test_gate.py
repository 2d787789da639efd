"""The gate: one passes per key, the others get a ticket, and a forked child starts anew."""

from __future__ import annotations

from idem_runtime.gate import Gate, Pass


def test_one_passes_and_all_others_share_a_ticket() -> None:
    gate = Gate()
    assert isinstance(gate.enter("alice", "k"), Pass)
    ticket = gate.enter("alice", "k")
    assert not isinstance(ticket, Pass)
    assert gate.enter("alice", "k") is ticket
    assert not ticket.done()
    assert gate.leave("alice", "k") is ticket


def test_another_key_or_scope_passes_meanwhile() -> None:
    gate = Gate()
    places = [("alice", "k"), ("alice", "other"), ("bob", "k")]
    assert all(isinstance(gate.enter(*place), Pass) for place in places)


def test_who_leaves_with_nobody_waiting_makes_no_ticket_and_the_next_one_passes() -> None:
    gate = Gate()
    gate.enter("alice", "k")
    assert gate.leave("alice", "k") is None
    assert isinstance(gate.enter("alice", "k"), Pass)


def test_a_forked_child_has_nobody_in_it_and_leaving_there_wakes_nobody() -> None:
    gate = Gate()
    gate.enter("alice", "k")
    ticket = gate.enter("alice", "k")
    gate._lock.acquire()  # as another thread of the parent may hold it
    gate.forked()
    assert gate.leave("alice", "k") is None
    assert isinstance(gate.enter("alice", "k"), Pass)
    assert not isinstance(ticket, Pass) and not ticket.done()
