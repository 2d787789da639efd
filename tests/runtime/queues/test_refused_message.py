"""Which refusals are tried again, after how long, and which count."""

from __future__ import annotations

import logging

import pytest

from idem_runtime.adapters.queues import LONGEST_WAIT, is_counted, seconds_until_retry
from idem_runtime.adapters.queues.refused_message import log_dead_letter, log_retry
from idem_runtime.errors import IdempotencyError, InProgress, KeyReused
from tests.runtime.queues.scripted import COUNTED, UNCOUNTED


def all_errors(error: type[IdempotencyError] = IdempotencyError) -> list[type[IdempotencyError]]:
    return [error, *(found for below in error.__subclasses__() for found in all_errors(below))]


def test_what_may_be_retried_is_what_says_so_itself_and_nothing_else() -> None:
    retried = {error for error in all_errors() if seconds_until_retry(error()) is not None}
    assert retried == {*UNCOUNTED, *COUNTED} == {error for error in all_errors() if error.retriable}


def test_only_what_says_nothing_against_the_message_is_not_counted() -> None:
    assert [error for error in all_errors() if not is_counted(error())] == UNCOUNTED


@pytest.mark.parametrize(
    ("after", "waits", "least"), [(1, 0, 1), (7, 0, 7), (1, 3, 8), (1, 6, 60), (1, 5000, 60), (90, 0, 60)]
)
def test_a_message_waits_twice_as_long_each_time_and_a_minute_at_most(
    after: int, waits: int, least: float
) -> None:
    waited = [seconds_until_retry(InProgress(retry_after=after), waits) or 0 for _ in range(50)]
    assert least <= min(waited)
    assert max(waited) <= min(least * 1.25, LONGEST_WAIT)


def test_messages_that_were_refused_together_do_not_come_back_together() -> None:
    assert len({seconds_until_retry(InProgress()) for _ in range(50)}) > 10


def test_the_log_says_what_becomes_of_a_message(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "idem_runtime"):
        log_retry("task pay[1]", InProgress(), 1.25)
        log_retry("task pay[3]", InProgress(), None)
        log_dead_letter("task pay[2]", KeyReused("Another amount."), "queue dead")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "task pay[1] is tried again in 1.2 s: in_progress"),
        ("INFO", "task pay[3] is tried again: in_progress"),
        ("ERROR", "task pay[2] is not tried again: key_reused (Another amount.); it is in queue dead"),
    ]
