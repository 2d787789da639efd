"""The gate: one passes per key, the others get a ticket, and a forked child starts anew."""

from __future__ import annotations

from idem_runtime.gate import Gate, Pass


def test_one_passes_and_all_others_share_a_ticket() -> None:
    gate, mine = Gate(), Pass()
    assert gate.enter("alice", "k", mine) is None
    assert gate.enter("alice", "k", mine) is None, "who is in is not told to wait for itself"
    ticket = gate.enter("alice", "k", Pass())
    assert ticket is not None and not ticket.done()
    assert gate.enter("alice", "k", Pass()) is ticket
    assert gate.leave("alice", "k", mine) is ticket


def test_another_key_or_scope_passes_meanwhile() -> None:
    gate = Gate()
    places = [("alice", "k"), ("alice", "other"), ("bob", "k")]
    assert [gate.enter(*place, Pass()) for place in places] == [None] * 3


def test_who_leaves_with_nobody_waiting_makes_no_ticket_and_the_next_one_passes() -> None:
    gate, mine = Gate(), Pass()
    gate.enter("alice", "k", mine)
    assert gate.leave("alice", "k", mine) is None
    assert gate.enter("alice", "k", Pass()) is None


def test_who_leaves_twice_does_not_open_the_gate_for_the_one_after_it() -> None:
    gate, first, second = Gate(), Pass(), Pass()
    gate.enter("alice", "k", first)
    gate.leave("alice", "k", first)
    gate.enter("alice", "k", second)
    gate.leave("alice", "k", first)
    assert gate.enter("alice", "k", Pass()) is not None


def test_a_forked_child_has_nobody_in_it_and_leaving_there_wakes_nobody() -> None:
    gate, mine = Gate(), Pass()
    gate.enter("alice", "k", mine)
    gate._lock.acquire()  # as another thread of the parent may hold it
    gate.forked()
    assert gate.leave("alice", "k", mine) is None
    assert gate.enter("alice", "k", Pass()) is None
