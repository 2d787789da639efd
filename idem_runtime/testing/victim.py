"""The process that a storm kills: it makes one request of the application, and does not come to its end.

``python -m idem_runtime.testing.victim``; what it is to do stands on its standard input, pickled by the storm.
"""

from __future__ import annotations

import pickle
import sys
from typing import IO, Any

from idem_runtime.testing import crash_points


def run(given: IO[bytes]) -> str:
    """Do what is ``given``; returns what the application answered, where the crash point was never come to."""
    path: list[str] = pickle.load(given)  # noqa: S301 - written by the process that has started this one
    sys.path[:] = path  # before anything of the application's is read
    instructions: dict[str, Any] = pickle.load(given)  # noqa: S301 - as above
    crash_points.arm(instructions["point"])
    ((answer,),) = instructions["target"].call([[instructions["request"]]], lambda: None)
    return str(answer)


if __name__ == "__main__":
    print(run(sys.stdin.buffer))  # noqa: T201 - read by the storm
