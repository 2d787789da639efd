"""Which names say of a row that its money has come or gone, and which only look like it."""

from __future__ import annotations

import pytest

from idem_lint.reach.column_names import is_balance
from idem_lint.reach.paid_words import (
    ends_paid,
    is_paid_flag,
    is_status_of_payment,
    is_time_of_payment,
    only_tells,
    says_paid,
)
from idem_lint.reach.record_shapes import is_between, is_paid


@pytest.mark.parametrize(
    ("column", "status", "is_end"),
    [
        ("is_paid", True, True),
        ("payment_made", True, True),
        ("is_active", True, False),
        ("is_paid", False, False),
        ("status", "PAID", True),
        ("status", "partially_refunded", True),
        ("status", "completed", False),
        ("payment_status", "completed", True),
        ("payment_status", "pending", False),
        ("status", "not_paid", False),
        ("status", "to_be_paid", False),
        ("payment_status", "to_be_paid", False),
        ("status", 2, False),
        ("status", None, False),
    ],
)
def test_a_status_says_of_anything_whether_its_money_has_come(
    column: str, status: object, is_end: bool
) -> None:
    assert ends_paid(column, status) is is_end


@pytest.mark.parametrize(
    ("column", "is_time"),
    [
        ("paid_at", True),
        ("payment_date", True),
        ("date_paid", True),
        ("pay_time", True),
        ("created_at", False),
        ("payment_due_date", False),
        ("paid", False),
    ],
)
def test_a_time_is_that_of_a_payment_by_two_words(column: str, is_time: bool) -> None:
    assert is_time_of_payment(column) is is_time


def test_flags_and_statuses_of_payments_are_told_from_others() -> None:
    assert is_paid_flag("payment_received")
    assert not is_paid_flag("is_paid")  # which is a status by its last word already
    assert not is_paid_flag("received")
    assert not is_paid_flag("")
    assert is_status_of_payment("payment_state")
    assert not is_status_of_payment("order_state")
    assert says_paid("payment_received")
    assert not says_paid("payment_pending")


def test_what_only_tells_of_money_is_none() -> None:
    assert only_tells("PaymentLog")
    assert not only_tells("LogisticsOrder")


def test_who_paid_and_when_make_a_payment_of_what_has_an_amount() -> None:
    assert is_paid("Billing", frozenset({"amount", "pay_by", "pay_at"}))
    assert not is_paid("Billing", frozenset({"amount", "created_by", "pay_at"}))
    assert not is_paid("Billing", frozenset({"amount", "pay_by", "created_at"}))


def test_the_side_of_an_account_is_no_balance() -> None:
    assert is_balance("opening_balance")
    assert not is_balance("normal_balance")


@pytest.mark.parametrize(
    ("name", "columns", "is_one"),
    [
        ("Booking", {"from_account", "to_account", "amount"}, True),
        ("Booking", {"from_account_id", "to_account_id", "amount"}, True),
        ("Booking", {"source_wallet", "target_wallet", "amount"}, True),
        ("Booking", {"sender", "recipient", "coins"}, True),
        ("Booking", {"from_account", "amount"}, False),
        ("Booking", {"from_date", "to_date", "amount"}, False),
        ("Booking", {"from_account", "to_account"}, False),
        ("Booking", {"from_account", "to_account", "fee"}, False),
        ("BookingLog", {"from_account", "to_account", "amount"}, False),
        ("BookingPlan", {"from_account", "to_account", "amount"}, False),
        ("Invoice", {"sender", "recipient", "amount"}, False),
    ],
)
def test_a_record_is_money_on_its_way_by_its_two_ends_and_an_amount(
    name: str, columns: set[str], is_one: bool
) -> None:
    assert is_between(name, frozenset(columns)) is is_one
