"""Independent pieces of work, shared out among processes that begin with all that this one knows.

Only ``fork`` gives a process what another has built up without sending it. Python says that it is safe on Linux (the
`contexts of multiprocessing <https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods>`_).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from idem_lint.engine.imports import ProjectModules
from idem_lint.source.documents import remember, remembered

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

MOST = 4
"""How many processes take part where nobody says how many, if memory has room: each may come to hold as much as this one."""
WORTH_IT = 1_000_000
"""Bytes of source from which on processes are started where nobody says how many: what takes a second or two alone."""
_SIZE = 4
"""Bytes of a number in a pipe."""


def can_share() -> bool:
    """Whether this system gives a new process what this one has in memory."""
    return sys.platform == "linux"


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def room(system: Path = Path("/")) -> int:
    """How many more processes as large as this one there is memory for: in the machine, and in the container (its control
    group, `cgroup v2 <https://docs.kernel.org/admin-guide/cgroup-v2.html>`_). What ``system`` does not say sets no limit.
    """
    own = _said(system / "proc/self/status", "VmRSS:")
    free = _said(system / "proc/meminfo", "MemAvailable:")
    known = [] if free is None else [free]
    group = system / "sys/fs/cgroup"
    with suppress(OSError, ValueError):  # the limit may be ``max``: there is none
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        known.append((limit - used + (_said(group / "memory.stat", "inactive_file") or 0)) // 1024)
    return max(min(known) // own, 0) if known and own else MOST


def _said(path: Path, name: str) -> int | None:
    """The number behind a name in a file of the system."""
    with suppress(OSError):
        for line in path.read_text().splitlines():
            if line.startswith((f"{name} ", f"{name}\t")):
                return int(line.split()[1])
    return None


class Processes:
    """``jobs``: how many take part, this one among them; 0: as many as there are processors, ``MOST`` at most, where there
    is so much in ``modules`` that it pays, and memory has room for them.
    """

    def __init__(self, jobs: int, modules: ProjectModules) -> None:
        self._jobs = jobs
        self._modules = modules

    def are_several(self) -> bool:
        """Whether others take part."""
        return self._others() > 0

    def _others(self) -> int:
        if not can_share() or self._jobs == 1:
            return 0
        if self._jobs:
            return self._jobs - 1
        size = sum(len(module.source) for module in self._modules.in_view())
        return min(processors() - 1, MOST - 1, room()) if size >= WORTH_IT else 0

    def shared(self, work: Callable[[int], T], count: int) -> dict[int, T]:
        """What ``work`` gives for numbers below ``count``, whichever process took them; it is pickled on its way. Files that
        another one has read for it count as read.

        A number is missing where its work failed, or the process that took it is gone: that is for the caller to do.
        """
        taking_part = min(self._others() + 1, count)
        numbers = Numbers(count, taking_part)
        of_another = partial(answer, work, numbers, self._modules, os.getpid())
        others: list[_Other[T]] = []
        try:
            with suppress(OSError):  # No more than the system gives.
                for _ in range(taking_part - 1):
                    others.append(_Other(of_another, [other.answers for other in others]))
            done = _done(work, numbers, lambda: True)
            for other in others:
                self._take(other.answer(), done)
            return done
        finally:
            for other in others:
                other.end()
            numbers.close()

    def _take(self, answer: _Answer[T] | None, done: dict[int, T]) -> None:
        """Add what another process did."""
        if answer is not None:
            done.update(answer.done)
            remember(answer.documents)
            for path in answer.loaded:
                self._modules.load(path)


@dataclass
class _Answer(Generic[T]):
    """What another process did, by its numbers, and the files that it read for that."""

    done: dict[int, T]
    documents: list[str]
    loaded: list[Path]


def answer(work: Callable[[int], T], numbers: Numbers, modules: ProjectModules, first: int) -> _Answer[T]:
    """What a process other than the ``first`` has to say; with that killed, there is nobody to say it to."""
    before = len(modules.loaded)
    with remembered() as documents:
        done = _done(work, numbers, lambda: os.getppid() == first)
    return _Answer(done, sorted(documents), sorted([*modules.loaded][before:]))


class Numbers:
    """The numbers below ``count``, each of which one process takes. They lie in a pipe, which outlives whoever reads it.

    Long runs come first, because neighbours have most to do with each other, and ever shorter ones after them, so that all
    processes end at the same time.
    """

    def __init__(self, count: int, taking_part: int) -> None:
        self._pipe, end = os.pipe()
        first = 0
        while first < count:
            length = -(-(count - first) // (2 * taking_part))
            os.write(end, first.to_bytes(_SIZE) + length.to_bytes(_SIZE))
            first += length
        os.close(end)

    def taken(self) -> Iterator[int]:
        """Those that this process takes."""
        while run := os.read(self._pipe, 2 * _SIZE):
            first = int.from_bytes(run[:_SIZE])
            yield from range(first, first + int.from_bytes(run[_SIZE:]))

    def close(self) -> None:
        """Nobody takes any more."""
        os.close(self._pipe)


def _done(work: Callable[[int], T], numbers: Numbers, is_wanted: Callable[[], bool]) -> dict[int, T]:
    """What the work of this process gives, by its numbers, as long as it is wanted."""
    done: dict[int, T] = {}
    for number in numbers.taken():
        if not is_wanted():
            break
        with suppress(Exception):  # The caller does it again, and says what is wrong.
            done[number] = work(number)
    return done


class _Other(Generic[T]):
    """One more process, which does ``work`` and sends what that gives; ``inherited``: what is not for it to read."""

    def __init__(self, work: Callable[[], _Answer[T]], inherited: list[Connection]) -> None:
        from multiprocessing import get_context  # only where a project is large

        context = get_context("fork")
        self.answers, sent = context.Pipe(duplex=False)
        unused = [*inherited, self.answers]
        self._process = context.Process(target=send, args=(work, sent, unused), daemon=True)
        self._process.start()
        sent.close()

    def answer(self) -> _Answer[T] | None:
        """What it gave; nothing where it is gone."""
        try:
            return self.answers.recv()  # type: ignore[no-any-return]  # - what `send` sends
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """Make an end of it, whatever it does."""
        self.answers.close()
        self._process.kill()
        self._process.join()


def send(work: Callable[[], object], answers: Connection, unused: list[Connection]) -> None:
    """The whole life of another process. It must not hold what it writes to open by itself, or it would never notice that
    nobody reads. Ctrl-C reaches all of a group: the first process says so.
    """
    for connection in unused:
        connection.close()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        answers.send(work())
