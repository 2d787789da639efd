"""How a run comes by the contents of files: from the disk, or from an editor's unsaved buffers on top of it."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from idem_lint.source.discovery import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from idem_lint.engine.kept_files import KeptFiles
    from idem_lint.judging.project_verdicts import Project
    from idem_lint.settings.config import ConfigOf


class Reading(NamedTuple):
    """``overlay``: texts that stand for the content of files, by absolute path, for every file that imports one, too.
    ``kept``: what a process that stays knows of files from earlier runs. ``view``: the files in view, where that is not
    the whole project.
    """

    overlay: Mapping[Path, bytes] = MappingProxyType({})
    kept: KeptFiles | None = None
    view: Sequence[Path] | None = None

    @property
    def is_of_disk(self) -> bool:
        """Whether the whole project is read as it is stored, so that an answer may be kept for other runs."""
        return not self.overlay and self.view is None

    def content(self, path: Path) -> bytes:
        """The content of a file; empty where it cannot be read."""
        known = self.overlay.get(path)
        if known is not None:
            return known
        try:
            return path.read_bytes() if self.kept is None else self.kept.read(path)
        except OSError:
            return b""

    def context(self, config: ConfigOf, paths: Sequence[Path]) -> Sequence[Path]:
        """The files in view of a run over ``paths``."""
        return context(config, paths) if self.view is None else self.view

    def project(self, config: ConfigOf) -> Project:
        """The project as it is read."""
        from idem_lint.judging.project_verdicts import Project

        return Project(config, overlay=self.overlay, kept=self.kept, view=self.view)
