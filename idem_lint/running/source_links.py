"""The addresses under which the repository shows the lines of its files."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from idem_lint.running.repository_paths import beginning_of_paths
from idem_lint.settings.config import ConfigOf
from idem_lint.source.discovery import spelled


class SourceLinks:
    """Gives the address of a line of a file, by the template that the command line or the file's configuration says."""

    def __init__(self, config: ConfigOf, template: str | None) -> None:
        """``template`` counts before ``source-url``; None where the command line says nothing."""
        self._config = config
        self._template = template
        self._top = beginning_of_paths()

    def __call__(self, file: str, line: int) -> str:
        """The address; empty where nobody said where the repository is shown, or where the file is outside of it."""
        path = os.path.abspath(file)
        template = self._template or self._config.of(Path(path)).source_url
        written = spelled(path)
        if not template or not written.startswith(self._top):
            return ""
        inside = quote(written.removeprefix(self._top))
        return template.replace("{path}", inside).replace("{line}", str(line))
