"""The table of DESIGN section 2 and the error classes are one."""

from __future__ import annotations

import pytest

from idem_runtime import errors
from idem_runtime.errors import IdempotencyError

CODES = [
    ("key_missing", 400, "INVALID_ARGUMENT", False),
    ("key_invalid", 400, "INVALID_ARGUMENT", False),
    ("principal_missing", 401, "UNAUTHENTICATED", False),
    ("body_too_large", 413, "RESOURCE_EXHAUSTED", False),
    ("key_reused", 409, "FAILED_PRECONDITION", False),
    ("in_progress", 409, "ABORTED", True),
    ("outcome_unknown", 409, "ABORTED", False),
    ("executed_response_lost", 409, "ABORTED", False),
    ("response_unstorable", 500, "INTERNAL", False),
    ("transaction_broken", 500, "INTERNAL", False),
    ("raised_success", 500, "INTERNAL", False),
    ("not_installed", 500, "INTERNAL", False),
    ("handler_timeout", 503, "DEADLINE_EXCEEDED", True),
    ("retries_exhausted", 503, "UNAVAILABLE", True),
    ("store_unavailable", 503, "UNAVAILABLE", True),
]


def test_every_code_of_the_design_has_exactly_one_class_with_its_statuses() -> None:
    classes = IdempotencyError.__subclasses__()
    assert sorted((c.code, c.http_status, c.grpc_status, c.retriable) for c in classes) == sorted(CODES)


@pytest.mark.parametrize(
    "error", [*IdempotencyError.__subclasses__(), errors.LedgerWriteOutside], ids=lambda c: c.__name__
)
def test_an_error_without_a_message_says_its_docstring(error: type[IdempotencyError]) -> None:
    assert str(error()) == error().message == (error.__doc__ or "").strip()


def test_an_error_with_a_message_says_that_message() -> None:
    assert str(errors.KeyInvalid("too long")) == "too long"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.InProgress(), 1),
        (errors.InProgress(retry_after=7), 7),
        (errors.OutcomeUnknown(retry_after=7), None),
        (errors.StoreUnavailable(), 1),
    ],
)
def test_only_what_may_be_retried_says_when(error: IdempotencyError, seconds: int | None) -> None:
    assert error.retry_after == seconds


def test_the_tree_drawn_on_top_names_every_class() -> None:
    drawn = errors.__doc__ or ""
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    ]
    assert [name for name in defined if name not in drawn] == []
