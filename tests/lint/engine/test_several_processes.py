"""Work that several processes share: all of it is done, whoever does it, and whatever becomes of the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from idem_lint.engine import several_processes
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.several_processes import WORTH_IT, Numbers, Processes
from idem_lint.source.documents import is_document, remembered

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux", reason="only Linux starts a process with what another has in memory"
    ),
    # The processes of pytest-xdist have a thread, which Python 3.12 and later warn of.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]
ME = os.getpid()


class Given(NamedTuple):
    root: Path
    modules: ProjectModules

    def processes(self, jobs: int = 3) -> Processes:
        return Processes(jobs, self.modules)


@pytest.fixture
def given(tmp_path: Path) -> Given:
    """A project of one small module, ``a.py``, which has been loaded, and of ``b.py``, which has not."""
    paths = [tmp_path / "a.py", tmp_path / "b.py"]
    for path in paths:
        path.write_text("x = 1\n", encoding="utf-8")
    modules = ProjectModules(tmp_path, paths, Sources(), frozenset())
    modules.load(paths[0])
    return Given(tmp_path, modules)


def square(number: int) -> int:
    return number * number


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50, 20_000])
@pytest.mark.parametrize("jobs", [1, 2, 3, 7])
def test_every_number_is_taken_once(jobs: int, count: int, given: Given) -> None:
    def work(number: int) -> int:
        if count <= 50:
            (given.root / f"{number}").touch(exist_ok=False)
        return number * number

    assert given.processes(jobs).shared(work, count) == {number: number * number for number in range(count)}


def test_others_take_their_share(given: Given) -> None:
    def work(_: int) -> int:
        time.sleep(0.02)
        return os.getpid()

    assert len({*given.processes(3).shared(work, 60).values()}) == 3


def test_what_fails_is_missing_in_whichever_process_it_was(given: Given) -> None:
    def work(number: int) -> int:
        time.sleep(0.01)
        if number % 3 == 0:
            raise ValueError(number)
        return number

    assert {*given.processes().shared(work, 30)} == {number for number in range(30) if number % 3}


def test_what_a_killed_process_took_is_missing_and_the_rest_is_done(given: Given) -> None:
    def work(number: int) -> int:
        if os.getpid() != ME:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
        return number

    done = given.processes().shared(work, 40)
    assert 0 < len(done) < 40
    assert all(done[number] == number for number in done)


def test_as_many_take_part_as_the_system_gives(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", none_left)
    assert given.processes().shared(square, 10) == {number: number * number for number in range(10)}


def test_files_that_another_process_read_count_as_read(given: Given) -> None:
    def work(number: int) -> int:
        if os.getpid() != ME:
            given.modules.load(given.root / "b.py")
            is_document(given.root / "openapi.json")
        time.sleep(0.01)
        return number

    with remembered() as documents:
        given.processes().shared(work, 30)
    assert documents == {str(given.root / "openapi.json")}
    assert [module.path.name for module in given.modules.in_view()] == ["a.py", "b.py"]


def test_when_this_one_is_interrupted_the_others_end(given: Given) -> None:
    def work(number: int) -> int:
        if os.getpid() == ME:
            raise KeyboardInterrupt
        time.sleep(60)
        return number

    with pytest.raises(KeyboardInterrupt):
        given.processes().shared(work, 10)
    assert multiprocessing.active_children() == []


def test_when_this_one_is_killed_the_others_end(given: Given) -> None:
    """What is killed is a process of its own here, whose others write down that they go on."""
    going_on = given.root / "going on"

    def work(number: int) -> int:
        if number == 0:
            os.kill(first, signal.SIGKILL)
        time.sleep(0.02)
        if os.getppid() != first and os.getpid() != first:
            with going_on.open("a") as file:
                file.write(".")
        return number

    first = os.fork()
    if not first:
        first = os.getpid()
        given.processes(2).shared(work, 1000)
    os.waitpid(first, 0)
    time.sleep(0.5)
    assert not going_on.exists() or len(going_on.read_text()) <= 1


def test_another_process_answers_as_long_as_somebody_waits(given: Given) -> None:
    def work(number: int) -> int:
        given.modules.load(given.root / "b.py")
        is_document(given.root / "openapi.json")
        return number * number

    numbers = Numbers(3, 1)
    nothing = several_processes.answer(work, numbers, given.modules, os.getpid())
    assert (nothing.done, nothing.loaded, nothing.documents) == ({}, [], [])
    numbers = Numbers(3, 1)
    found = several_processes.answer(work, numbers, given.modules, os.getppid())
    assert found.done == {0: 0, 1: 1, 2: 4}
    assert found.loaded == [given.root / "b.py"]
    assert found.documents == [str(given.root / "openapi.json")]
    numbers.close()


def test_another_process_sends_what_it_did_and_keeps_nothing_else_open() -> None:
    answers, sent = multiprocessing.Pipe(duplex=False)
    of_another, _ = multiprocessing.Pipe(duplex=False)
    several_processes.send(lambda: {1: "one"}, sent, [of_another])
    assert answers.recv() == {1: "one"}
    assert of_another.closed


def test_another_process_says_nothing_of_an_interruption() -> None:
    answers, sent = multiprocessing.Pipe(duplex=False)
    several_processes.send(_interrupted, sent, [])
    assert not answers.poll()


def _interrupted() -> dict[int, str]:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("jobs", "size", "processors", "are_several"),
    [
        (1, WORTH_IT, 8, False),
        (2, 0, 1, True),
        (0, WORTH_IT, 8, True),
        (0, WORTH_IT, 1, False),
        (0, WORTH_IT - 1, 8, False),
    ],
)
def test_several_take_part_where_they_are_asked_for_or_where_it_pays(
    given: Given, monkeypatch: pytest.MonkeyPatch, jobs: int, size: int, processors: int, are_several: bool
) -> None:
    (given.root / "b.py").write_text("x = 1\n" + "#" * (size - 12), encoding="utf-8")
    given.modules.load(given.root / "b.py")

    def affinity(_: int) -> set[int]:
        return {*range(processors)}

    monkeypatch.setattr(os, "sched_getaffinity", affinity)
    assert given.processes(jobs).are_several() == are_several


STATUS = "Name:\tpython\nVmHWM:\t 999999 kB\nVmRSS:\t  100000 kB\n"
MACHINE = "MemTotal:       800000 kB\nMemFree:          1000 kB\nMemAvailable:   {} kB\n"


@pytest.mark.parametrize(
    ("available", "group", "expected"),
    [
        (350_000, None, 3),
        (99_000, None, 0),
        (350_000, ("max", 0, 0), 3),
        (350_000, (300_000 * 1024, 100_000 * 1024, 0), 2),
        (350_000, (300_000 * 1024, 290_000 * 1024, 100_000 * 1024), 1),
        (350_000, (300_000 * 1024, 310_000 * 1024, 0), 0),
        (None, (300_000 * 1024, 100_000 * 1024, 0), 2),
        (None, None, several_processes.MOST),
    ],
)
def test_there_is_room_for_as_many_as_memory_holds(
    tmp_path: Path, available: int | None, group: tuple[object, int, int] | None, expected: int
) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/status").write_text(STATUS)
    if available is not None:
        (tmp_path / "proc/meminfo").write_text(MACHINE.format(available))
    if group is not None:
        folder = tmp_path / "sys/fs/cgroup"
        folder.mkdir(parents=True)
        (folder / "memory.max").write_text(f"{group[0]}\n")
        (folder / "memory.current").write_text(f"{group[1]}\n")
        (folder / "memory.stat").write_text(f"anon 5\nfile 9\ninactive_file {group[2]}\n")
    assert several_processes.room(tmp_path) == expected


def test_a_system_that_says_nothing_of_a_process_sets_no_limit(tmp_path: Path) -> None:
    assert several_processes.room(tmp_path) == several_processes.MOST


def test_this_system_has_room() -> None:
    assert several_processes.room() > 0


def test_without_room_this_one_is_alone(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    (given.root / "b.py").write_text("x = 1\n" + "#" * WORTH_IT, encoding="utf-8")
    given.modules.load(given.root / "b.py")
    monkeypatch.setattr(several_processes, "processors", lambda: 8)
    monkeypatch.setattr(several_processes, "room", lambda: 0)
    assert not given.processes(0).are_several()
    assert given.processes(3).are_several()


def test_on_another_system_this_one_is_alone(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert several_processes.processors() == 1
    assert not given.processes(2).are_several()
