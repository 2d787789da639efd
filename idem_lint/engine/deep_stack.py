"""Python's own depth, raised for the rare source that is nested deeper than its default stack."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# The second is reserved and taken page by page as it is used: 10 KB for each level of the first.
_LEVELS = 50_000
_BYTES = 512 * 1024 * 1024


def on_any_stack(work: Callable[[], T]) -> T:
    """What ``work`` returns, done once more on a deeper stack where Python's own is too small. Raises RecursionError."""
    try:
        return work()
    except RecursionError:
        return with_deep_stack(work)


def with_deep_stack(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, run in a thread with a stack for 50,000 calls.

    Raises RecursionError where even that is not enough, and where the system gives no such stack.
    """
    results: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits.
            faults.append(error)

    limit = sys.getrecursionlimit()
    try:
        size = threading.stack_size(_BYTES)
        try:
            thread = threading.Thread(target=run)
            sys.setrecursionlimit(max(limit, _LEVELS))
            thread.start()
        finally:
            threading.stack_size(size)
        thread.join()
    except (RuntimeError, ValueError) as error:
        raise RecursionError("the system gives no larger stack") from error
    finally:
        sys.setrecursionlimit(limit)
    if faults:
        raise faults[0]
    return results[0]
