"""The flake8 plugin, prefix IDM: what the command line reports for a file, at the same lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from idem_lint import __version__


class Plugin:
    """One file. flake8 makes an instance for each, hands over its tree and lines, and iterates over :meth:`run`."""

    name = "idem-guard"
    version = __version__

    def __init__(self, tree: ast.Module, filename: str, lines: Sequence[str]) -> None:  # noqa: ARG002 - by "tree" flake8 knows what kind of plugin this is
        self._filename = filename
        self._lines = lines

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Line, column from 0, text. Never raises: flake8 would end the whole run, other plugins' findings with it."""
        from idem_lint.running.flake8_run import check_file

        try:
            findings = check_file(self._filename, "".join(self._lines))
        except Exception as error:  # noqa: BLE001 - said as a finding: the file must not look clean.
            yield 1, 0, f"IDM900 idem-lint cannot judge this file: {error}", Plugin
            return
        for finding in findings:
            yield finding.line, finding.column - 1, f"{finding.code} {finding.sentence}", Plugin
