"""Modules linked: what a whole project says about its handlers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from idem_lint.engine.deep_stack import on_any_stack
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import ProjectModules, Sources
from idem_lint.engine.kept_files import KeptFiles
from idem_lint.engine.module_facts import Module
from idem_lint.engine.several_processes import Processes
from idem_lint.finding import unread_handlers
from idem_lint.finding.configured_routers import ConfiguredRouters
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.idle_pieces import IdlePieces
from idem_lint.finding.interface import Framework, Registration
from idem_lint.finding.known_frameworks import RUNTIME, Registry
from idem_lint.finding.patched_attributes import Patches
from idem_lint.finding.registering_functions import Notes
from idem_lint.frameworks.registry import registry
from idem_lint.judging import handwritten_idempotency
from idem_lint.judging.followed import Follow
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.internal_faults import Faults, fault
from idem_lint.judging.mark_recognition import Marks
from idem_lint.judging.money_questions import MoneyQuestions
from idem_lint.result_types import (
    EntryPoint,
    Explanation,
    FileReport,
    Handler,
    MarkName,
    RouterKind,
    Site,
    Undecided,
)
from idem_lint.settings.config import Config, ConfigOf
from idem_lint.source.discovery import context, decode, shown
from idem_lint.source.noqa import Suppressions

_Placed = TypeVar("_Placed", Handler, Undecided, EntryPoint)


class Project:
    """A project below ``config.root``; each file is judged by its own configuration.

    ``overlay`` holds texts that stand for the content of a file, ``kept`` what is known from earlier runs of this process,
    ``view`` the files that are in view where that is not the whole project.
    """

    def __init__(
        self,
        config: ConfigOf,
        *,
        overlay: Mapping[Path, bytes] | None = None,
        kept: KeptFiles | None = None,
        view: Sequence[Path] | None = None,
    ) -> None:
        self.config = config
        self.registry = registry()
        self.sources = Sources(overlay, kept)
        self._view = view
        self.explanation: Explanation | None = None
        """What is known of the line that ``follow`` named; ``None`` where no function is around it."""

    def reports(self, paths: Sequence[Path], *, follow: Follow | None = None) -> list[FileReport]:
        """One report for each path that has something to say, judged with all the project's files in view; and one for
        each other file that was needed and could not be parsed. ``follow`` says of what it is asked where the money goes.
        """
        with _without_collection():
            return self._reports(paths, follow)

    def _reports(self, paths: Sequence[Path], follow: Follow | None) -> list[FileReport]:
        view = context(self.config, paths) if self._view is None else self._view
        # In their own order, so that nothing hangs on that in which they were named.
        files = dict.fromkeys(sorted({*paths, *view, *self.sources.overlay}))
        modules = ProjectModules(self.config.root, files, self.sources, self.registry.packages)
        linker = _Linker(
            self.config, self.config.every(files), self.registry, modules, paths, self.config.jobs
        )
        linker.link(files)
        linker.follow(follow, files, self.config.root)
        self.explanation = linker.explanation
        return [*linker.reports(paths), *self._unread(paths)]

    def _unread(self, paths: Sequence[Path]) -> Iterator[FileReport]:
        """The files that nobody asked about, that something in view needed, and that nothing could parse."""
        asked = {*paths}
        for path, error in sorted(self.sources.errors.items()):
            if path not in asked:
                yield FileReport(shown(path), None, unread=error)


@contextmanager
def _without_collection() -> Generator[None]:
    """Syntax trees are many objects and no garbage: looking for some would take as long as parsing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Names:
    """What files are called by others: by the last part of their name, with the part before it or from nearby."""

    def __init__(self, modules: ProjectModules, files: Iterable[Path]) -> None:
        self._sources = modules.sources
        self._parents: dict[bytes, list[tuple[bytes, Path]]] = {}
        for path in files:
            *_, parent, last = ("", "", *modules.parts(path))
            folder = path.parent.parent if path.stem == "__init__" else path.parent
            self._parents.setdefault(last.encode(), []).append((parent.encode(), folder))

    def are_in(self, path: Path) -> bool:
        """Whether a file's words name one of the files."""
        words = self._sources.words(path)
        return any(
            not parent or parent in words or folder in path.parents
            for last in words.intersection(self._parents)
            for parent, folder in self._parents[last]
        )


class _Linker:
    """Loads what is needed, lets the finder find, and sorts the result by file."""

    def __init__(
        self,
        config: ConfigOf,
        every: Sequence[Config],
        frameworks: Registry,
        modules: ProjectModules,
        judged: Iterable[Path],
        jobs: int,
    ) -> None:
        self.registry = frameworks
        self.modules = modules
        self.processes = Processes(jobs, modules)
        self.judged = frozenset(judged)
        self.evaluator = Evaluator(modules, present=frozenset({RUNTIME}))
        self.finder = Finder(self.evaluator, frameworks, self.judged)
        routers: dict[str, RouterKind] = {name: kind for each in every for name, kind in each.routers.items()}
        self.finder.matcher.routers = ConfiguredRouters(routers)
        self.notes = Notes(self.evaluator, self.finder.extended, self.finder.noted)
        self.patches = Patches(self.evaluator, self.finder.call_index)
        # A decorator is one thing, wherever it is used: all that the configurations say of it counts everywhere.
        extended: dict[str, MarkName] = {
            name: mark for each in every for name, mark in each.extend_marks.items()
        }
        self.marks = Marks(self.evaluator, extended)
        self.faults = Faults()
        self.assembler = Assembler(self.finder, self.marks, config, self.faults)
        self._every = every
        self._entry_points: list[EntryPoint] = []
        self.explanation: Explanation | None = None

    def link(self, files: Iterable[Path]) -> None:
        """Load every judged file, those that import them, those that may have a word about what they register, and what
        all these import; then find. What else they lead to is loaded when something asks for it.
        """
        every = list(files)
        for path in every:
            if path in self.judged or self._has_words(path):
                self.modules.load(path)
        self._load_importers(every)
        self._load_imported()
        noted: set[Module] = set()
        registrations: list[Registration] = []
        while self._note(noted):
            self.evaluator.forget()
            self.finder.start()
            registrations = self._registrations()
        self.assembler.add(registrations)
        unread: list[Registration] = []
        judged = [module for module in self._modules() if module.path in self.judged]
        self._each(judged, lambda module: unread.extend(unread_handlers.of_calls(self.finder, module)))
        self._each(judged, lambda module: unread.extend(unread_handlers.of_bases(self.finder, module)))
        self.assembler.add_unread(unread)

    def follow(self, wanted: Follow | None, files: Iterable[Path], root: Path) -> None:
        """Ask what is asked about money once all handlers are known; without ``wanted`` not where it goes."""
        questions = MoneyQuestions(
            self.assembler,
            self.modules,
            self._every,
            files=files,
            judged=self.judged,
            faults=self.faults,
            processes=self.processes,
        )
        questions.ask_for_connections()
        questions.ask_for_keys(root)
        if wanted is not None:
            self._entry_points = questions.follow(wanted)
            self.explanation = questions.explanation

    def _has_words(self, path: Path) -> bool:
        """Whether a file's bytes show any word that a registration by a framework's own names needs."""
        sources = self.modules.sources
        return self.registry.screen.search(sources.read(path), sources.words(path))

    def _load_importers(self, files: list[Path]) -> None:
        """Load the files that name a judged one, and those that name a file which imports one: what is judged may be
        registered there.
        """
        importers = set(self.judged)
        named = _Names(self.modules, importers)
        rest = [path for path in files if path not in importers]
        while rest:
            new = [path for path in rest if named.are_in(path) and self._imports_any(path, importers)]
            if not new:
                break
            importers.update(new)
            named = _Names(self.modules, new)
            rest = [path for path in rest if path not in importers]

    def _load_imported(self) -> None:
        """Load what loaded modules import: most of it will be asked for, and then all would be found anew with it."""
        waiting = list(self._modules())
        while waiting:
            for path in self.modules.imported_paths(waiting.pop()):
                if path not in self.modules.loaded:
                    module = self.modules.load(path)
                    waiting += [] if module is None else [module]

    def _imports_any(self, path: Path, others: set[Path]) -> bool:
        module = self.modules.load(path)
        return module is not None and not others.isdisjoint(self.modules.imported_paths(module))

    def _note(self, noted: set[Module]) -> bool:
        """Note what there is to know of modules before anything is found in them; whether there were any."""
        before = len(noted)
        self.finder.matcher.project_frameworks = self._most_used()
        while fresh := [module for module in self._modules() if module not in noted]:
            noted.update(fresh)
            self._each(fresh, self.notes.note)
        if len(noted) > before:
            self._each(
                self._modules(), self.patches.note
            )  # a function that patches may be called in a later module
        return len(noted) > before

    def _modules(self) -> list[Module]:
        return self.modules.in_view()

    def _most_used(self) -> tuple[Framework, ...]:
        counts: dict[int, int] = {}
        for module in self._modules():
            for framework in self.finder.matcher.frameworks_of(module):
                counts[id(framework)] = counts.get(id(framework), 0) + 1
        found = [each for each in self.registry.frameworks if id(each) in counts]
        return tuple(sorted(found, key=lambda each: -counts[id(each)]))

    def _registrations(self) -> list[Registration]:
        found: list[Registration] = []
        idle = IdlePieces(self.finder, self.processes).among(self._modules())
        done: set[Module] = set()
        while fresh := [module for module in self._modules() if module not in done]:
            done.update(fresh)
            self._each(fresh, lambda module: found.extend(list(self.finder.registrations(module, idle))))
        self._each(self._modules(), lambda module: found.extend(list(self.finder.class_views(module))))
        return found

    def _each(self, modules: Iterable[Module], work: Callable[[Module], object]) -> None:
        """Do something with each module, on a deeper stack where it needs one. A fault is kept for the report."""
        for module in modules:
            with self.faults.caught(module):
                try:
                    on_any_stack(partial(work, module))
                except RecursionError:
                    self.modules.give_up(module.path)
                    self.evaluator.forget()

    # by file

    def reports(self, paths: Iterable[Path]) -> list[FileReport]:
        """The reports of these paths, in their order."""
        handlers = _by_file(self.assembler.handlers)
        undecided = _by_file(self.assembler.undecided)
        entries = _by_file(self._entry_points)
        reports = (self._report(path, handlers, undecided, entries) for path in paths)
        return [report for report in reports if report is not None]

    def _report(
        self,
        path: Path,
        handlers: dict[str, list[Handler]],
        undecided: dict[str, list[Undecided]],
        entries: dict[str, list[EntryPoint]],
    ) -> FileReport | None:
        file = shown(path)
        module = self.modules.load(path)
        error = self.modules.sources.errors.get(path)
        if module is None or error is not None:
            failed = self.modules.sources.faults.get(path)
            return FileReport(
                file,
                self.assembler.domains.of_path(path),
                error=error,
                fault=fault(failed, path) if failed is not None else None,
            )
        here, routes = tuple(handlers.get(file, ())), tuple(undecided.get(file, ()))
        started = tuple(entries.get(file, ()))
        by_handlers = filter(None, [*(each.domain for each in here), *(each.domain for each in routes)])
        domain = self.assembler.domains.of_module(module) or next(by_handlers, None)
        own: tuple[Site, ...] = ()
        blanket: tuple[dict[int, Site], Site | None] = {}, None
        with self.faults.caught(module):
            own = tuple(handwritten_idempotency.sites(module, self.assembler)) if domain is not None else ()
            blanket = self._blanket(module, here)
        broken = self.faults.by_path.get(path)
        if not (here or routes or own or broken or started):
            return None
        lines, whole = blanket
        return FileReport(
            file, domain, here, routes, own, lines, fault=broken, file_noqa=whole, entry_points=started
        )

    def _blanket(self, module: Module, handlers: tuple[Handler, ...]) -> tuple[dict[int, Site], Site | None]:
        """The comments that silence every code at a handler, and in the whole file."""
        if b"noqa" not in module.source.lower() or not handlers:
            return {}, None
        suppressions = Suppressions(decode(module.source), shown(module.path))
        lines = {handler.place.line for handler in handlers}
        found = {line: site for line in lines if (site := suppressions.blanket(line)) is not None}
        return found, suppressions.whole_file("IDM001")


def _by_file(things: Iterable[_Placed]) -> dict[str, list[_Placed]]:
    """What stands in each file, in the order of its lines: which was found first depends on what else was read."""
    found: dict[str, list[_Placed]] = {}
    for each in sorted(things, key=lambda each: each.place):
        found.setdefault(each.place.file, []).append(each)
    return found
