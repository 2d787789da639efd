"""What makes them fast is in force: the tests that start a hundred of them would pass without it, and take minutes."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

from tests.runtime.fast_processes import PRELOADED, processes


def tell_what_is_missing(answer: Connection) -> None:
    answer.send([name for name in PRELOADED if name not in sys.modules])


def test_a_process_has_imported_what_it_needs_when_it_starts() -> None:
    ours, theirs = processes().Pipe(duplex=False)
    process = processes().Process(target=tell_what_is_missing, args=(theirs,), daemon=True)
    process.start()
    assert ours.recv() == []
    process.join()
