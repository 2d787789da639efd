"""Modules linked: what a whole project (or one file alone) says about its handlers."""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.imports import NoModules, ProjectModules, Sources
from idem_lint.engine.module_facts import Module
from idem_lint.engine.value_types import Klass
from idem_lint.finding.find_handlers import Finder
from idem_lint.finding.interface import Framework, Registration
from idem_lint.finding.known_frameworks import Registry
from idem_lint.finding.registering_functions import Learner
from idem_lint.frameworks.registry import registry
from idem_lint.judging import handwritten_idempotency
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.mark_recognition import Marks
from idem_lint.result_types import FileReport, Handler, Site, Undecided
from idem_lint.settings.config import Config
from idem_lint.source.discovery import context, decode, shown
from idem_lint.source.noqa import Suppressions


class Project:
    """A project below ``config.root``. ``overlay`` holds texts that stand for the content of a file."""

    def __init__(self, config: Config, *, overlay: Mapping[Path, bytes] | None = None) -> None:
        self.config = config
        self.registry = registry()
        self.sources = Sources(overlay)

    def reports(self, paths: Sequence[Path]) -> list[FileReport]:
        """One report for each path that has something to say, judged with all the project's files in view."""
        with _without_collection():
            return self._reports(paths)

    def _reports(self, paths: Sequence[Path]) -> list[FileReport]:
        files = dict.fromkeys([*paths, *context(self.config, paths), *self.sources.overlay])
        modules = ProjectModules(self.config.root, files, self.sources, self.registry.packages)
        linker = _Linker(self.config, self.registry, modules)
        for path in paths:
            if linker.is_interesting(path):
                modules.load(path)
        linker.link(files)
        return linker.reports(paths)


def report_alone(path: Path, source: bytes, config: Config, tree: ast.Module | None = None) -> FileReport:
    """What one file says without any other: flake8's first look."""
    modules = ProjectModules(config.root, [path], Sources({path: source}), registry().packages)
    modules.load(path, tree)
    linker = _Linker(config, registry(), modules, alone=True)
    linker.link([path])
    return next(iter(linker.reports([path])), FileReport(shown(path), None))


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


class _Linker:
    """Loads what is needed, lets the finder find, and sorts the result by file."""

    def __init__(
        self, config: Config, frameworks: Registry, modules: ProjectModules, *, alone: bool = False
    ) -> None:
        self.config = config
        self.registry = frameworks
        self.modules = modules
        self.evaluator = Evaluator(NoModules() if alone else modules)
        self.finder = Finder(self.evaluator, frameworks)
        self.learner = Learner(self.finder)
        self.marks = Marks(self.evaluator, config.extend_marks)
        self.assembler = Assembler(self.finder, self.marks, config)
        self._interesting: dict[Path, bool] = {}

    def is_interesting(self, path: Path) -> bool:
        """Whether a file's bytes show any word that a registration needs."""
        known = self._interesting.get(path)
        if known is None:
            sources = self.modules.sources
            known = self._interesting[path] = self.registry.screen.search(
                sources.read(path), sources.words(path)
            )
        return known

    def link(self, files: Iterable[Path]) -> None:
        """Load every file that registers, then those that use what was found; then find."""
        waiting = [path for path in files if path not in self.modules.loaded]
        for path in [path for path in waiting if self.is_interesting(path)]:
            self.modules.load(path)
        noted: set[Module] = set()
        learnt: frozenset[str] = frozenset()
        vocabulary = self.finder.vocabulary
        while True:
            modules = [module for module in self._modules() if not self.registry.is_installed(module.name)]
            fresh = frozenset(word.encode() for word in vocabulary.learnt - learnt)
            due = [module for module in modules if module not in noted or not fresh.isdisjoint(module.words)]
            if not due:
                break
            learnt = frozenset(vocabulary.learnt)
            noted.update(due)
            self.evaluator.forget()
            self.finder.matcher.project_frameworks = self._most_used()
            self._each(due, self.learner.note_classes)
            self._each(due, self.learner.note)
            self._load_users(waiting)
        self.evaluator.forget()
        self.finder.view_calls.clear()
        self.assembler.add(self._registrations())

    def _modules(self) -> list[Module]:
        return [module for module in list(self.modules.loaded.values()) if module is not None]

    def _most_used(self) -> tuple[Framework, ...]:
        counts: dict[int, int] = {}
        for module in self._modules():
            for framework in self.finder.matcher.frameworks_of(module):
                counts[id(framework)] = counts.get(id(framework), 0) + 1
        found = [each for each in self.registry.frameworks if id(each) in counts]
        return tuple(sorted(found, key=lambda each: -counts[id(each)]))

    def _load_users(self, waiting: list[Path]) -> None:
        """Load the files that name a project decorator, registrar or view class found so far."""
        names = self.finder.vocabulary.learnt - self.registry.route_names
        rest = [path for path in waiting if path not in self.modules.loaded]
        if names and rest:
            searched = frozenset(name.encode() for name in names)
            for path in rest:
                if not searched.isdisjoint(self.modules.sources.words(path)):
                    self.modules.load(path)

    def _registrations(self) -> list[Registration]:
        found: list[Registration] = []
        done: set[Module] = set()
        while fresh := [module for module in self._modules() if module not in done]:
            done.update(fresh)
            self._each(fresh, lambda module: found.extend(list(self.finder.registrations(module))))
        self._each(self._modules(), lambda module: found.extend(list(self.finder.class_views(module))))
        return found

    def _each(self, modules: Iterable[Module], work: Callable[[Module], None]) -> None:
        """Do something with each module; one that is nested deeper than the stack is given up, with an error kept."""
        for module in modules:
            try:
                work(module)
            except RecursionError:
                self.modules.give_up(module.path)
                self.evaluator.forget()

    # by file

    def reports(self, paths: Iterable[Path]) -> list[FileReport]:
        """The reports of these paths, in their order."""
        handlers: dict[str, list[Handler]] = {}
        for handler in self.assembler.handlers:
            handlers.setdefault(handler.place.file, []).append(handler)
        undecided: dict[str, list[Undecided]] = {}
        for route in self.assembler.undecided:
            undecided.setdefault(route.place.file, []).append(route)
        reports = (self._report(path, handlers, undecided) for path in paths)
        return [report for report in reports if report is not None]

    def _report(
        self, path: Path, handlers: dict[str, list[Handler]], undecided: dict[str, list[Undecided]]
    ) -> FileReport | None:
        file = shown(path)
        error = self.modules.sources.errors.get(path)
        if error is not None:
            return FileReport(file, self.assembler.domains.of_path(path), error=error)
        module = self.modules.loaded.get(path)
        if module is None:
            return None
        here, routes = tuple(handlers.get(file, ())), tuple(undecided.get(file, ()))
        by_handlers = filter(None, [*(each.domain for each in here), *(each.domain for each in routes)])
        domain = self.assembler.domains.of_module(module) or next(by_handlers, None)
        own = tuple(handwritten_idempotency.sites(module, self.assembler)) if domain is not None else ()
        if not (here or routes or own):
            return None
        return FileReport(file, domain, here, routes, own, self._blanket(module, here))

    def _blanket(self, module: Module, handlers: tuple[Handler, ...]) -> dict[int, Site]:
        if b"noqa" not in module.source.lower() or not handlers:
            return {}
        suppressions = Suppressions(decode(module.source), shown(module.path))
        lines = {handler.place.line for handler in handlers}
        return {line: site for line in lines if (site := suppressions.blanket(line)) is not None}


__all__ = ["Klass", "Project", "report_alone"]
