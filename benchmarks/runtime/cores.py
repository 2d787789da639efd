"""Client and server on a core each, as if they were two machines.

A system that puts both on one core saves the waking of the other for every round trip, and where it puts them differs from turn
to turn: a bare transfer then takes between 0.15 and 0.5 ms.
"""

from __future__ import annotations

import os

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
CLIENT, SERVER = CORES[:1], CORES[-1:]
PINNED = len(CORES) > 1


def pin(cores: list[int], pid: int = 0) -> None:
    """Keep a process (this one), and the threads and processes that it starts from now on, on these cores, where the system can."""
    if PINNED:
        os.sched_setaffinity(pid, cores)
