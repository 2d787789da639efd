"""Records in logs: named without their keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from idem_runtime import log

NAMED = st.tuples(st.text("a1:", max_size=4), st.text("a1:", max_size=4))


def test_a_record_has_the_same_twelve_digits_in_every_process() -> None:
    assert log.digest("5:alice3:pay", "k") == "d8d81d83acfb"
    assert log.digest("5:\ud800", "k") != log.digest("5:\ud801", "k")


@given(NAMED, NAMED)
def test_two_records_have_two_digests(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (log.digest(*one) == log.digest(*other)) is (one == other)


def test_the_logger_is_named_for_the_package() -> None:
    assert log.LOGGER.name == "idem_runtime"
