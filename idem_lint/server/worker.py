"""A worker: a process that reads jobs from its standard input and writes their answers to its standard output.

Each message is its length (four bytes, big-endian) and a pickle: (number, job) in, (number, answer) out. What goes wrong is
an answer, too (:class:`Failed`). The process ends when its input does.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import traceback
from typing import BinaryIO, cast

from idem_lint.rules.own_faults import described
from idem_lint.server.analysis import Analysis
from idem_lint.server.messages import BEHIND, Failed, Job
from idem_lint.settings.config import ConfigError

_NICENESS = 10
_FULL_COLLECTION = 50
"""After how many answers everything is looked through for garbage, and not only what is new."""


def main() -> None:
    """Answer until there are no more jobs."""
    if BEHIND in sys.argv[1:] and hasattr(os, "nice"):
        os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the whole group; the server decides
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whoever prints in here prints into the editor's log, not into an answer
    serve(jobs, answers)


def serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer what comes in, until its end."""
    analysis = Analysis()
    gc.disable()
    count = 0
    while (message := read(jobs)) is not None:
        number, job = cast("tuple[int, Job]", pickle.loads(message))  # noqa: S301 - from the server that started us
        write(answers, (number, _answer(analysis, job)))
        count += 1
        _collect(is_full=count % _FULL_COLLECTION == 0)


def _answer(analysis: Analysis, job: Job) -> object:
    try:
        return analysis.answer(job)
    except ConfigError as error:
        file = str(error).partition(": ")[0]
        return Failed(str(error), file if os.path.isabs(file) else "")
    except Exception as error:  # noqa: BLE001 - said in the editor; the next job may do well
        traceback.print_exc()
        return Failed(described(error))


def _collect(*, is_full: bool) -> None:
    """Look for garbage while nobody waits. What is kept is set aside: to look through it each time would take longer than to
    judge a file.
    """
    if is_full:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


def read(stream: BinaryIO) -> bytes | None:
    """A message; ``None`` at the end."""
    head = stream.read(4)
    return stream.read(int.from_bytes(head)) if len(head) == 4 else None


def write(stream: BinaryIO, message: object) -> None:
    """Send a message."""
    content = pickle.dumps(message)
    stream.write(len(content).to_bytes(4) + content)
    stream.flush()


if __name__ == "__main__":
    main()
