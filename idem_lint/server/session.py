"""What is open in the editor, when it is judged, and what is shown of it.

While somebody types, the open file is judged after each pause, in the first worker; after a longer pause, after a save and
when files change on disk, the whole folder, in the second. An answer about a text that has changed in the meantime is
dropped: the newest is asked about next.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from idem_lint.rules.own_faults import described
from idem_lint.server.messages import (
    REACHES,
    Action,
    ChooseReach,
    Encoding,
    Explain,
    Failed,
    FixAll,
    HoverText,
    Judged,
    JudgeFile,
    JudgeProject,
    OfferActions,
    Reach,
    Scene,
    ShownFinding,
    Span,
    TextEdit,
)
from idem_lint.server.worker_process import WorkerProcess

logger = logging.getLogger(__name__)

TYPING_PAUSE = 0.05
"""Seconds without a change after which the open file is judged."""
LONGER_PAUSE = 1.0
"""Seconds after which the whole folder is."""
BURST = 0.3
"""Seconds without news of files after which a change on disk (a checkout) is taken to be over."""
_PATIENCE, _LONG_PATIENCE = 60.0, 900.0


class Editor(Protocol):
    """What a session tells the editor."""

    def publish(self, path: str, findings: Sequence[ShownFinding], version: int | None) -> None:
        """Show these findings of a file, and no others."""
        ...

    def complain(self, text: str) -> None:
        """Tell the person that something went wrong."""
        ...


@dataclass(slots=True)
class Document:
    """An open file. ``reach`` is how much has to be in view to judge it, ``None`` until that is known."""

    path: str
    text: str
    version: int
    folder: str
    is_in_folder: bool
    reach: Reach | None = None
    is_edited: bool = False


@dataclass(slots=True)
class _Folder:
    """A folder of the workspace, and what is shown in it."""

    path: str
    shown: set[str] = field(default_factory=set[str])


class Session:
    """One connection to an editor."""

    def __init__(self, editor: Editor, encoding: Encoding) -> None:
        self._editor = editor
        self._encoding: Encoding = encoding
        self._documents: dict[str, Document] = {}
        self._settings: dict[str, str] = {}
        """The texts of configuration files that are open."""
        self._folders: dict[str, _Folder] = {}
        self._generation = 0
        """How often files on disk changed."""
        self._rules = 0
        """How often something changed that every judgement hangs on: settings, which files there are."""
        self._quick = WorkerProcess(_PATIENCE)
        self._whole = WorkerProcess(_LONG_PATIENCE, is_behind=True)
        self._files = _Timer(self._judge_file, editor.complain)
        self._projects = _Timer(self._judge_project, editor.complain)
        self._reaches = _Timer(self._choose_reach, editor.complain)
        self._told: set[str] = set()
        self._failed_on: dict[str, str] = {}
        """By folder the configuration file that shows why nothing is judged."""

    async def close(self) -> None:
        """End what is running."""
        await asyncio.gather(self._files.close(), self._projects.close(), self._reaches.close())
        await asyncio.gather(self._quick.close(), self._whole.close())

    # folders

    def add_folder(self, path: str) -> None:
        """Judge a folder, and what is open in it as part of it."""
        self._folders.setdefault(path, _Folder(path))
        self._reassign()
        self._projects.start(path, 0)

    def remove_folder(self, path: str) -> None:
        """Show nothing more of a folder."""
        folder = self._folders.pop(path, None)
        self._projects.stop(path)
        if folder is not None:
            self._clear(list(folder.shown))
        self._recovered(path)
        self._reassign()

    def _reassign(self) -> None:
        """Every document belongs to the innermost folder around it."""
        for document in self._documents.values():
            folder, is_in_folder = self._folder_of(document.path)
            if folder != document.folder:
                document.folder, document.is_in_folder, document.reach = folder, is_in_folder, None
                self._files.start(document.path, 0)

    def _folder_of(self, path: str) -> tuple[str, bool]:
        around = [folder for folder in self._folders if Path(path).is_relative_to(folder)]
        return (max(around, key=len), True) if around else (os.path.dirname(path), False)

    # documents

    def opened(self, path: str, text: str, version: int) -> None:
        """A file is open now, with this text."""
        folder, is_in_folder = self._folder_of(path)
        self._documents[path] = Document(path, text, version, folder, is_in_folder)
        self._files.start(path, 0)
        if is_in_folder:
            self._projects.start(folder, LONGER_PAUSE)

    def changed(self, path: str, text: str, version: int) -> None:
        """Somebody typed."""
        document = self._documents[path]
        document.text, document.version = text, version
        if not document.is_edited:
            document.is_edited = True
            self._reaches.start(path, 0)
        self._files.start(path, TYPING_PAUSE)
        if document.is_in_folder:
            self._projects.start(document.folder, LONGER_PAUSE)

    def closed(self, path: str) -> None:
        """A file is not open any more: what is on disk counts."""
        document = self._documents.pop(path)
        self._files.stop(path)
        self._reaches.stop(path)
        if document.is_in_folder:
            self._projects.start(document.folder, 0)
        else:
            self._clear([path])

    def settings_changed(self, path: str, text: str | None) -> None:
        """Somebody typed in a configuration file, opened it, or closed it (``None``: what is on disk counts)."""
        before = self._settings.pop(path, None)
        unsaved = text if text != _stored(path) else None
        if unsaved is not None:
            self._settings[path] = unsaved
        if unsaved != before:
            self._rules += 1
            for document in self._documents.values():
                self._files.start(document.path, TYPING_PAUSE)
                if document.is_edited:
                    self._reaches.start(document.path, LONGER_PAUSE)
            for folder in self._folders:
                self._projects.start(folder, LONGER_PAUSE)

    def files_changed(self, *, gone: Iterable[str] = (), is_structure: bool = False) -> None:
        """Something happened to files on disk; ``is_structure``: not only to the content of Python files."""
        self._generation += 1
        self._rules += is_structure
        self._clear(path for path in gone if path not in self._documents)
        for folder in self._folders:
            self._projects.start(folder, BURST)
        for document in self._documents.values():
            if (
                not document.is_in_folder or document.reach is not None
            ):  # what has to be in view for it is known
                self._files.start(document.path, BURST)
            if document.is_edited and is_structure:
                self._reaches.start(document.path, BURST)

    # what is asked

    async def hover(self, path: str, line: int, character: int) -> HoverText | None:
        """What there is to say about a place."""
        document = self._documents[path]
        answer = await self._quick.ask(
            Explain(self._scene(document), path, line, character, _reach(document))
        )
        self._tell(answer)
        return answer if isinstance(answer, HoverText) else None

    async def actions(self, path: str, first_line: int, last_line: int) -> tuple[Action, ...]:
        """What may be done about the findings in some lines."""
        document = self._documents[path]
        job = OfferActions(self._scene(document), path, first_line, last_line, _reach(document))
        answer = await self._quick.ask(job)
        self._tell(answer)
        return cast("tuple[Action, ...]", answer) if isinstance(answer, tuple) else ()

    async def fix_all(self, path: str) -> tuple[TextEdit, ...]:
        """All mechanical fixes of a file."""
        document = self._documents[path]
        answer = await self._quick.ask(FixAll(self._scene(document), path, _reach(document)))
        self._tell(answer)
        return cast("tuple[TextEdit, ...]", answer) if isinstance(answer, tuple) else ()

    def version_of(self, path: str) -> int | None:
        """The version of a document that is open."""
        document = self._documents.get(path)
        return None if document is None else document.version

    # what is judged

    async def _judge_file(self, path: str) -> None:
        document = self._documents[path]
        asked = document.version, self._rules
        answer = await self._quick.ask(JudgeFile(self._scene(document), path, _reach(document)))
        if self._documents.get(path) is not document or (document.version, self._rules) != asked:
            return  # what is newer is asked about next
        if isinstance(answer, Failed):
            self._failed(answer, document.folder, path)
        else:
            self._recovered(document.folder)
            self._show(document.folder, path, cast("tuple[ShownFinding, ...]", answer))

    async def _judge_project(self, path: str) -> None:
        folder = self._folders[path]
        versions = {document.path: document.version for document in self._documents.values()}
        rules = self._rules
        answer = await self._whole.ask(JudgeProject(self._scene_of(path, is_folder=True)))
        if self._folders.get(path) is not folder or self._rules != rules:
            return
        if isinstance(answer, Failed):
            self._failed(answer, path, None)
            return
        judged = cast("Judged", answer)
        self._told.clear()
        self._recovered(path)
        for gone in folder.shown - set(judged.findings) - set(judged.without):
            self._show_if_current(folder, gone, (), versions)
        for file, findings in judged.findings.items():
            self._show_if_current(folder, file, findings, versions)

    def _show_if_current(
        self, folder: _Folder, path: str, findings: tuple[ShownFinding, ...], versions: dict[str, int]
    ) -> None:
        """Show what a folder's judgement says of a file, unless the file belongs to another or has changed since."""
        document = self._documents.get(path)
        if self._folder_of(path)[0] == folder.path and (
            document is None or versions.get(path) == document.version
        ):
            self._show(folder.path, path, findings)

    async def _choose_reach(self, path: str) -> None:
        """Ask how much has to be in view for a file, and judge it anew where that is not what was."""
        document = self._documents[path]
        before = _reach(document)
        answer = await self._whole.ask(ChooseReach(self._scene(document), path))
        if self._documents.get(path) is document and answer in REACHES:
            document.reach = answer
            if answer != before:
                self._files.start(path, 0)

    def _scene(self, document: Document) -> Scene:
        return self._scene_of(document.folder, is_folder=document.is_in_folder)

    def _scene_of(self, folder: str, *, is_folder: bool) -> Scene:
        buffers = {document.path: document.text for document in self._documents.values()}
        return Scene(folder, buffers, self._generation, self._encoding, is_folder, dict(self._settings))

    # what is shown

    def _show(self, folder: str, path: str, findings: tuple[ShownFinding, ...]) -> None:
        if folder in self._folders:
            shown = self._folders[folder].shown
            shown.add(path) if findings else shown.discard(path)
        self._editor.publish(path, findings, self.version_of(path))

    def _clear(self, paths: Iterable[str]) -> None:
        for path in paths:
            for folder in self._folders.values():
                folder.shown.discard(path)
            self._editor.publish(path, (), self.version_of(path))

    def _failed(self, answer: Failed, folder: str, path: str | None) -> None:
        """Show why nothing is judged: at the configuration file, or at the file that was. What is shown elsewhere stays."""
        self._tell(answer)
        place = answer.file or path
        if place is not None:
            finding = ShownFinding(Span(0, 0, 0, 0), "IDM900", "error", answer.text)
            self._editor.publish(place, [finding], self.version_of(place))
        if answer.file:
            self._failed_on[folder] = answer.file

    def _recovered(self, folder: str) -> None:
        file = self._failed_on.pop(folder, None)
        if file is not None:
            self._editor.publish(file, (), self.version_of(file))

    def _tell(self, answer: object) -> None:
        """Complain about a failure, once."""
        if isinstance(answer, Failed) and answer.text not in self._told:
            self._told.add(answer.text)
            self._editor.complain(f"idem-lint: {answer.text}")


class _Timer:
    """Does something about a name when its time has come; a later start takes the place of an earlier one. One thing is
    done at a time, and what is being done is not interrupted.
    """

    def __init__(self, work: Callable[[str], Awaitable[None]], complain: Callable[[str], None]) -> None:
        self._work = work
        self._complain = complain
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._working: set[asyncio.Task[None]] = set()

    def start(self, name: str, pause: float) -> None:
        self.stop(name)
        self._waiting[name] = asyncio.create_task(self._wait(name, pause))

    def stop(self, name: str) -> None:
        waiting = self._waiting.pop(name, None)
        if waiting is not None:
            waiting.cancel()

    async def _wait(self, name: str, pause: float) -> None:
        await asyncio.sleep(pause)
        async with self._turn:
            task = self._waiting.pop(name)  # from here on nobody cancels it
            self._working.add(task)
            try:
                await self._work(name)
            except Exception as error:
                logger.exception("%s", name)
                self._complain(f"idem-lint: a fault of idem-lint itself: {described(error)}")
            finally:
                self._working.discard(task)

    async def close(self) -> None:
        tasks = [*self._waiting.values(), *self._working]
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def _stored(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _reach(document: Document) -> Reach:
    return document.reach or "imports"
