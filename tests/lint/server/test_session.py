"""What a session does where the other side fails: a worker that hangs, an editor that takes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from idem_lint.server import documentation
from idem_lint.server.messages import Failed, Judged, JudgeProject, Scene, ShownFinding
from idem_lint.server.session import Session
from idem_lint.server.worker_process import WorkerProcess
from tests.lint.front.project import UNMARKED, write
from tests.lint.server.test_server import faulty

pytestmark = pytest.mark.slow  # each starts a process or two


class Window:
    """An editor in this process."""

    def __init__(self, *, takes: bool = True) -> None:
        self.takes = takes
        self.complaints: list[str] = []
        self.shown: dict[str, list[str]] = {}
        self.news = asyncio.Event()

    def publish(self, path: str, findings: Sequence[ShownFinding], version: int | None) -> None:
        if not self.takes:
            raise BrokenPipeError("the window is closed")
        self.shown[path] = [finding.code for finding in findings]
        self.news.set()

    def complain(self, text: str) -> None:
        self.complaints.append(text)
        self.news.set()


def test_a_worker_that_hangs_is_stopped_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})
    for name, value in faulty(tmp_path / "faults").items():
        monkeypatch.setenv(name, value)

    async def play() -> None:
        worker = WorkerProcess(patience=60)
        good, bad = Scene(str(root), {}, 0, "utf-16"), Scene(str(root), {"x": "# hang"}, 0, "utf-16")
        assert isinstance(await worker.ask(JudgeProject(good)), Judged)
        worker._patience = 0.2
        answer = await worker.ask(JudgeProject(bad))
        assert answer == Failed("no answer within 0 seconds; the analysis was stopped")
        worker._patience = 60
        assert isinstance(await worker.ask(JudgeProject(good)), Judged)
        waiting = asyncio.ensure_future(worker.ask(JudgeProject(bad)))
        await asyncio.sleep(0.1)
        await worker.close()  # it is at work: it is not waited for
        assert isinstance(await waiting, Failed)

    asyncio.run(play())


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="no priorities here")
def test_whoever_types_comes_before_the_whole_project(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})

    async def play() -> None:
        priorities = []
        for is_behind in (False, True):
            worker = WorkerProcess(patience=60, is_behind=is_behind)
            assert isinstance(await worker.ask(JudgeProject(Scene(str(root), {}, 0, "utf-16"))), Judged)
            assert worker._running is not None
            priorities.append(os.getpriority(os.PRIO_PROCESS, worker._running._process.pid))
            await worker.close()
        assert priorities[0] == os.getpriority(os.PRIO_PROCESS, 0) < priorities[1]

    asyncio.run(play())


def test_whoever_stops_waiting_for_an_answer_does_not_get_that_of_another(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})

    async def play() -> None:
        worker = WorkerProcess(patience=60)
        first = asyncio.ensure_future(worker.ask(JudgeProject(Scene(str(root), {}, 0, "utf-16"))))
        await asyncio.sleep(0.01)
        first.cancel()
        second = await worker.ask(JudgeProject(Scene(str(tmp_path / "gone"), {}, 0, "utf-16")))
        assert second == Judged()
        await worker.close()

    asyncio.run(play())


def test_a_fault_of_the_session_itself_is_said() -> None:
    async def play() -> None:
        window = Window(takes=False)
        session = Session(window, "utf-16")
        session.opened("/nowhere/routes.py", UNMARKED, 1)
        async with asyncio.timeout(60):
            await window.news.wait()
        assert window.complaints[0].startswith("idem-lint: a fault of idem-lint itself: BrokenPipeError")
        await session.close()

    asyncio.run(play())


def test_a_run_over_a_whole_folder_that_ends_unexpectedly_is_told_once_and_takes_nothing_away(
    tmp_path: Path,
) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})

    async def play() -> None:
        window = Window()
        session = Session(window, "utf-16")
        session.add_folder(str(root))
        for _ in range(2):
            session._failed(Failed("the analysis ended unexpectedly"), str(root), None)
        assert window.complaints == ["idem-lint: the analysis ended unexpectedly"]
        assert window.shown == {}
        await session.close()

    asyncio.run(play())


def test_a_folder_that_goes_while_it_is_judged_shows_nothing(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED})

    async def play() -> None:
        window = Window()
        session = Session(window, "utf-16")
        session.add_folder(str(root))
        session.remove_folder(str(tmp_path / "another"))
        await asyncio.sleep(0.2)  # the worker starts
        session.remove_folder(str(root))
        session.opened(str(root / "wallet" / "routes.py"), UNMARKED, 1)
        session.add_folder(str(tmp_path / "empty"))
        session.closed(str(root / "wallet" / "routes.py"))
        await session._whole.ask(JudgeProject(Scene(str(tmp_path / "gone"), {}, 0, "utf-16")))
        assert window.shown.get(str(root / "wallet" / "routes.py"), []) == []
        await session.close()

    asyncio.run(play())


def test_without_the_distribution_pages_are_named_and_not_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise documentation.PackageNotFoundError(name)

    documentation._site.cache_clear()
    monkeypatch.setattr(documentation, "metadata", missing)
    assert documentation.page("runtime", "settings") == "`docs/runtime.md#settings`"
    assert documentation.rule_link("IDM001") == ""
    documentation._site.cache_clear()
