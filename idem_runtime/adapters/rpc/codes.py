"""The status codes of RPCs, and the HTTP status that stands for each where an answer is judged and recorded.

What is recorded follows from that status (docs/decisions.md#what-is-recorded): codes by which a method says that it has
decided are kept, codes by which it says that it could not decide free the key.
"""

from __future__ import annotations

OK = 0
CANCELLED = 1
UNKNOWN = 2
INTERNAL = 13

NAMES = {
    "OK": OK,
    "CANCELLED": CANCELLED,
    "UNKNOWN": UNKNOWN,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "UNIMPLEMENTED": 12,
    "INTERNAL": INTERNAL,
    "UNAVAILABLE": 14,
    "DATA_LOSS": 15,
    "UNAUTHENTICATED": 16,
}
"""The number of each code."""

_DECIDED = {
    OK: 200,
    NAMES["INVALID_ARGUMENT"]: 400,
    NAMES["UNAUTHENTICATED"]: 401,
    NAMES["PERMISSION_DENIED"]: 403,
    NAMES["NOT_FOUND"]: 404,
    NAMES["ALREADY_EXISTS"]: 409,
    NAMES["FAILED_PRECONDITION"]: 412,
    NAMES["OUT_OF_RANGE"]: 416,
}
"""One status each, so that a status alone says the code, too: that is all that ``reconcile=`` gives."""

_UNDECIDED = {
    CANCELLED: 408,
    NAMES["RESOURCE_EXHAUSTED"]: 429,
    UNKNOWN: 500,
    INTERNAL: 500,
    NAMES["DATA_LOSS"]: 500,
    NAMES["UNIMPLEMENTED"]: 501,
    NAMES["ABORTED"]: 503,  # as UNAVAILABLE: of an external effect it does not say that nothing happened
    NAMES["UNAVAILABLE"]: 503,
    NAMES["DEADLINE_EXCEEDED"]: 504,
}
_STATUSES = _DECIDED | _UNDECIDED
_CODES = {status: code for code, status in _DECIDED.items()}


def status_of(code: int) -> int:
    """The HTTP status that stands for ``code``; 500 for a number that is no code."""
    return _STATUSES.get(code, 500)


def code_of(status: int) -> int:
    """The code that an HTTP status stands for, where nothing else says it: of what ``reconcile=`` returned."""
    if 200 <= status < 300:
        return OK
    return _CODES.get(status, NAMES["FAILED_PRECONDITION"] if status < 500 else UNKNOWN)
