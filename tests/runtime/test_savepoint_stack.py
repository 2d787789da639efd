"""Several sessions on one stack of savepoints, without a database: what is sent, and what is found out to be lost."""

from __future__ import annotations

from typing import Any

import pytest

from idem_runtime.drivers.savepoint_stack import SavepointStack, Work

CLAIM = "idem_claim"


@pytest.fixture
def sent() -> list[str]:
    return []


@pytest.fixture
def stack(sent: list[str]) -> SavepointStack:
    made = SavepointStack(sent.append)
    made.claimed(CLAIM)
    return made


def writes(stack: SavepointStack, work: Work, **more: Any) -> None:
    stack.enter(work, writes=True, **more)


def reads(stack: SavepointStack, work: Work, **more: Any) -> None:
    stack.enter(work, writes=False, **more)


def test_the_first_transaction_after_the_claim_needs_no_savepoint_of_its_own(
    stack: SavepointStack, sent: list[str]
) -> None:
    work = Work()
    writes(stack, work)
    stack.commit(work)
    assert sent == []


def test_a_second_one_has_one_and_releases_what_is_committed(stack: SavepointStack, sent: list[str]) -> None:
    for _ in range(3):
        work = Work()
        writes(stack, work)
        stack.commit(work)
    assert sent == [
        'SAVEPOINT "idem_part_1"',
        'RELEASE SAVEPOINT "idem_part_1"; SAVEPOINT "idem_part_2"',
    ]


def test_a_rollback_goes_to_where_its_transaction_began_and_the_next_begins_there(
    stack: SavepointStack, sent: list[str]
) -> None:
    first, second = Work(), Work()
    writes(stack, first)
    stack.rollback(first)
    writes(stack, second)
    stack.rollback(second)
    assert sent == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"'] * 2
    assert not stack.undone


def test_who_has_only_read_has_nothing_to_undo(stack: SavepointStack, sent: list[str]) -> None:
    work = Work()
    reads(stack, work)
    stack.rollback(work)
    assert sent == []


def test_a_read_that_failed_is_undone(stack: SavepointStack, sent: list[str]) -> None:
    work = Work()
    reads(stack, work)
    stack.rollback(work, failed=True)
    assert sent == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"']


def test_a_commit_after_a_failure_undoes_as_the_server_does(stack: SavepointStack, sent: list[str]) -> None:
    work = Work()
    writes(stack, work)
    stack.commit(work, failed=True)
    assert sent == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"']
    assert not stack.undone


@pytest.mark.parametrize("committed", [True, False])
def test_a_rollback_that_undoes_what_another_has_written_since_is_found_out(
    stack: SavepointStack, committed: bool
) -> None:
    first, second = Work(), Work()
    writes(stack, first)
    writes(stack, second)
    if committed:
        stack.commit(second)
    stack.rollback(first)
    assert stack.undone


def test_what_another_has_read_since_is_no_loss(stack: SavepointStack) -> None:
    first, second = Work(), Work()
    writes(stack, first)
    reads(stack, second)
    stack.rollback(first)
    assert not stack.undone


def test_a_commit_that_was_released_into_an_open_transaction_is_found_out_to_be_lost(
    stack: SavepointStack,
) -> None:
    around, inner, later = Work(), Work(), Work()
    writes(stack, around)
    writes(stack, inner)
    stack.commit(inner)
    writes(stack, later)  # releases the savepoint of `inner`
    stack.rollback(later)
    assert not stack.undone
    stack.rollback(around)
    assert stack.undone


def test_a_rollback_of_the_inner_leaves_the_outer(stack: SavepointStack, sent: list[str]) -> None:
    around, inner = Work(), Work()
    writes(stack, around)
    writes(stack, inner)
    stack.rollback(inner)
    writes(stack, around)
    stack.rollback(around)
    assert sent == [
        'SAVEPOINT "idem_part_1"',
        'ROLLBACK TO SAVEPOINT "idem_part_1"',
        f'ROLLBACK TO SAVEPOINT "{CLAIM}"',
    ]
    assert not stack.undone


def test_a_failure_of_one_is_undone_for_the_other_who_goes_on(stack: SavepointStack, sent: list[str]) -> None:
    failing, other = Work(), Work()
    writes(stack, failing)
    writes(stack, other, failed=True)
    assert sent == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"']
    assert (failing.aborted, stack.abandoned, stack.undone) == (True, True, False)
    stack.commit(failing)
    assert not stack.abandoned


def test_a_failure_of_somebody_else_is_left_to_him(stack: SavepointStack, sent: list[str]) -> None:
    reads(stack, Work(), failed=True)
    assert sent == []


# Parts


def test_parts_that_are_over_are_released_together_with_the_next_one(
    stack: SavepointStack, sent: list[str]
) -> None:
    work = Work()
    writes(stack, work)
    for _ in range(2):
        name = stack.part(work)
        writes(stack, work)
        stack.part_kept(name)
    assert sent == [
        'SAVEPOINT "idem_part_1"',
        'RELEASE SAVEPOINT "idem_part_1"; SAVEPOINT "idem_part_2"',
    ]
    stack.rollback(work)
    assert sent[2:] == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"']
    assert not stack.undone


def test_a_part_that_was_kept_is_all_that_can_undo_what_was_written_in_it(
    stack: SavepointStack, sent: list[str]
) -> None:
    work = Work()
    name = stack.part(work)
    writes(stack, work)
    stack.part_kept(name)
    stack.rollback(work)
    assert sent == ['SAVEPOINT "idem_part_1"', 'ROLLBACK TO SAVEPOINT "idem_part_1"']


def test_a_part_is_undone_alone(stack: SavepointStack, sent: list[str]) -> None:
    work = Work()
    writes(stack, work)
    name = stack.part(work)
    writes(stack, work)
    stack.part_undone(work, name)
    assert sent[1:] == [f'ROLLBACK TO SAVEPOINT "{name}"']
    assert not stack.undone


def test_a_part_that_went_with_what_was_around_it_needs_nothing_more(
    stack: SavepointStack, sent: list[str]
) -> None:
    around, work = Work(), Work()
    writes(stack, around)
    name = stack.part(work)
    stack.rollback(around)
    before = list(sent)
    stack.part_kept(name)
    stack.part_undone(work, name)
    assert sent == before


def test_whose_writing_was_undone_by_another_cannot_go_on_as_if_nothing_were(stack: SavepointStack) -> None:
    around, work = Work(), Work()
    writes(stack, around)
    writes(stack, work)
    stack.rollback(around)
    assert (work.sunk, stack.undone) == (True, True)


# Claims


def test_what_was_open_before_the_claim_is_undone_above_it_where_it_had_only_read(sent: list[str]) -> None:
    stack, work = SavepointStack(sent.append), Work()
    reads(stack, work)
    stack.claimed(CLAIM)
    writes(stack, work)
    stack.rollback(work)
    assert sent == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"']


def test_what_was_written_before_the_claim_is_undone_with_it_and_the_claim_is_made_again(
    sent: list[str],
) -> None:
    stack, work = SavepointStack(sent.append), Work()
    writes(stack, work)
    stack.claimed(CLAIM)
    writes(stack, work)
    stack.rollback(work)
    assert sent == [
        'SAVEPOINT "idem_part_1"',
        f'ROLLBACK TO SAVEPOINT "idem_part_1"; SAVEPOINT "{CLAIM}"',
    ]
    assert not stack.undone


def test_a_read_that_failed_before_the_claim_ends_the_transaction(sent: list[str]) -> None:
    stack, work = SavepointStack(sent.append), Work()
    reads(stack, work)
    stack.rollback(work, failed=True)
    assert sent == ["ROLLBACK"]


def test_the_beginning_of_the_transaction_cannot_be_undone_below_a_claim(sent: list[str]) -> None:
    stack, work, other = SavepointStack(sent.append), Work(), Work()
    reads(stack, work)
    stack.used_beside()
    writes(stack, other)
    stack.commit(other)
    reads(stack, work)
    assert sent == ['SAVEPOINT "idem_part_1"', 'RELEASE SAVEPOINT "idem_part_1"; SAVEPOINT "idem_part_2"']


def test_a_nested_call_that_is_kept_is_lost_with_what_is_around_it(stack: SavepointStack) -> None:
    around = Work()
    writes(stack, around)
    stack.claimed("idem_nested")
    inner = Work()
    writes(stack, inner)
    stack.commit(inner)
    stack.claim_ended("idem_nested", kept=True)
    stack.rollback(around)
    assert stack.undone


def test_what_an_outer_session_writes_in_a_nested_call_cannot_be_undone_alone_later(
    stack: SavepointStack,
) -> None:
    outer = Work()
    stack.claimed("idem_nested")
    writes(stack, outer)
    stack.claim_ended("idem_nested", kept=True)
    stack.rollback(outer)
    assert stack.undone


def test_a_nested_call_that_is_undone_takes_nothing_else_along(
    stack: SavepointStack, sent: list[str]
) -> None:
    outer = Work()
    writes(stack, outer)
    stack.claimed("idem_nested")
    writes(stack, Work())
    stack.claim_ended("idem_nested", kept=False)
    stack.rollback(outer)
    assert sent == [f'ROLLBACK TO SAVEPOINT "{CLAIM}"']
    assert not stack.undone


def test_a_claim_that_is_not_here_any_more_ends_without_harm(stack: SavepointStack) -> None:
    stack.claim_ended("gone", kept=True)
    stack.taken_back("gone")
    assert not stack.undone


def test_what_others_send_is_not_undone_unseen(stack: SavepointStack) -> None:
    work = Work()
    writes(stack, work)
    stack.used_beside()
    stack.rollback(work)
    assert stack.undone


@pytest.mark.parametrize("when", ["a savepoint is made", "something is undone"])
def test_what_others_send_while_we_send_is_taken_to_come_after(when: str) -> None:
    sent: list[str] = []

    def send(sql: str) -> None:
        sent.append(sql)
        if ("ROLLBACK" in sql) == (when == "something is undone"):
            stack.used_beside()

    stack = SavepointStack(send)
    stack.claimed(CLAIM)
    first, second = Work(), Work()
    writes(stack, first)
    if when == "a savepoint is made":
        writes(stack, second)
        stack.rollback(second)
        assert stack.undone
        return
    stack.rollback(first)
    writes(stack, second)  # on a savepoint of its own: the other's statement is not undone with it
    stack.rollback(second)
    assert sent[-1] == 'ROLLBACK TO SAVEPOINT "idem_part_1"'
    assert not stack.undone


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_a_statement_is_where_it_was_sent_not_where_it_was_begun(
    stack: SavepointStack, sent: list[str], ends: str
) -> None:
    outer, inner = Work(), Work()
    writes(stack, outer)
    writes(stack, inner)  # by a listener, before the statement of the outer one is sent
    stack.sent(inner)
    getattr(stack, ends)(inner)
    stack.sent(outer)
    stack.rollback(outer)
    assert sent[-1] == f'ROLLBACK TO SAVEPOINT "{CLAIM}"'
    assert stack.undone == (ends == "commit")


def test_a_listener_that_goes_on_cannot_undo_its_part_alone(stack: SavepointStack) -> None:
    outer, inner = Work(), Work()
    writes(stack, outer)
    writes(stack, inner)
    stack.sent(outer)
    stack.rollback(inner)
    assert stack.undone


def test_a_savepoint_that_could_not_be_made_is_not_there() -> None:
    def send(_: str) -> None:
        raise ValueError

    stack, work = SavepointStack(send), Work()
    with pytest.raises(ValueError):
        stack.part(work)
    stack.part_kept("idem_part_1")
    stack.rollback(work)
    assert not stack.undone


def test_after_all_was_taken_back_nobody_has_anything_to_undo(stack: SavepointStack, sent: list[str]) -> None:
    work = Work()
    writes(stack, work)
    writes(stack, Work())
    stack.taken_back(CLAIM)
    stack.rollback(work)
    assert sent == ['SAVEPOINT "idem_part_1"']
