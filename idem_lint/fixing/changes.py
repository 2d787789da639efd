"""What is to be changed in one file: each change for one handler, so that one that does not hold can be left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from idem_lint.fixing.added_imports import Imports
from idem_lint.fixing.source_text import CannotChange, Edit, SourceText, overlap
from idem_lint.fixing.syntax import Syntax, read
from idem_lint.result_types import Handler

RUNTIME = "idem_runtime"


class Subject(NamedTuple):
    """The handler that something is done for, or is not done for."""

    file: str
    line: int
    qualname: str
    code: str

    @classmethod
    def of(cls, handler: Handler, code: str) -> Subject:
        """A handler with the code of what is wrong with it."""
        return cls(handler.place.file, handler.place.line, handler.qualname, code)


class Change(NamedTuple):
    """What is done for a handler: ``what`` says it; ``needs`` are the names that have to be imported, by their module.
    ``is_doubtful``: a person has to look at it first.
    """

    subject: Subject
    what: str
    edits: tuple[Edit, ...]
    needs: tuple[tuple[str, str], ...] = ()
    is_doubtful: bool = False


class Refusal(NamedTuple):
    """What was not done for a handler, and why: ``reason`` is a clause."""

    subject: Subject
    reason: str


@dataclass(slots=True, eq=False)
class ChangedFile:
    """A file and the changes that are wanted in it."""

    source: SourceText
    syntax: Syntax
    imports: Imports
    changes: list[Change] = field(default_factory=list[Change])

    @classmethod
    def read(cls, path: Path, root: Path, content: bytes | None) -> ChangedFile:
        """The file at ``path`` of the project below ``root``; ``content``: of :class:`SourceText`. Raises CannotChange."""
        source = SourceText.read(path, content)
        syntax = read(source.text)
        return cls(source, syntax, Imports(syntax, root))

    def content(self) -> bytes:
        """The file with all its changes, and the imports that they need. Raises CannotChange."""
        return self.source.changed(
            [*self._imports(), *self._edits()]
        )  # of two at one place the import comes first

    def takes(self, change: Change) -> bool:
        """Whether a change goes together with the others."""
        return not any(overlap(edit, other) for edit in change.edits for other in self._edits())

    def _edits(self) -> Iterator[Edit]:
        for change in self.changes:
            yield from change.edits

    def _imports(self) -> Iterator[Edit]:
        needed: dict[str, dict[str, int]] = {}
        for change in self.changes:
            for module, name in change.needs:
                lines = needed.setdefault(module, {})
                lines[name] = min(change.subject.line, lines.get(name, change.subject.line))
        for module, names in sorted(needed.items()):
            yield from self.imports.added(module, names, min(names.values()))


class Written(NamedTuple):
    """A mark as it is written in a file, and what has to be imported for it."""

    text: str
    needs: tuple[tuple[str, str], ...]
    is_opt_out: bool = False


def written(file: ChangedFile, handler: Handler, name: str, arguments: str = "") -> Written:
    """A mark under the name that the file has for it, without its ``@``."""
    local, is_needed = file.imports.local(RUNTIME, name, _first_line(file, handler))
    text = f"{local}({arguments})" if arguments else local
    return Written(text, ((RUNTIME, name),) if is_needed else (), is_opt_out=name == "not_money_moving")


def _first_line(file: ChangedFile, handler: Handler) -> int:
    """The first line of a handler, its decorators included."""
    definition = file.syntax.definitions.get(handler.place.line)
    if definition is None or not definition.decorators:
        return handler.place.line
    return definition.decorators[0].first


class Files:
    """The files that something is to be changed in, read once each; a file that cannot be changed says why each time.

    ``contents`` are those that earlier changes led to.
    """

    def __init__(self, paths: Mapping[str, Path], root: Path, contents: Mapping[Path, bytes]) -> None:
        self._paths = paths
        self._contents = contents
        self._root = root
        self._known: dict[str, ChangedFile | str] = {}

    def of(self, file: str) -> ChangedFile:
        """The file with this name in reports. Raises CannotChange."""
        if file not in self._known:
            try:
                path = self._paths[file]
                self._known[file] = ChangedFile.read(path, self._root, self._contents.get(path))
            except CannotChange as error:
                self._known[file] = str(error)
        known = self._known[file]
        if isinstance(known, str):
            raise CannotChange(known)
        return known

    def changed(self) -> list[ChangedFile]:
        """Those with changes."""
        return [known for known in self._known.values() if isinstance(known, ChangedFile) and known.changes]

    def drop(self, subjects: Iterable[Subject]) -> None:
        """Leave out the changes for some handlers."""
        unwanted = set(subjects)
        for known in self.changed():
            known.changes = [change for change in known.changes if change.subject not in unwanted]
