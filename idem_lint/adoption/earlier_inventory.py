"""What an inventory was where a branch left another: the files of then, in a folder of their own, judged again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from idem_lint.adoption.routes_lock import Locked
from idem_lint.result_types import EntryPoint, Handler
from idem_lint.run_results import Inventory
from idem_lint.source.changed_files import merge_base
from idem_lint.source.discovery import UsageError
from idem_lint.source.git_files import git_environment


class Earlier:
    """The inventory of the paths at the merge base; ``base`` is that commit."""

    def __init__(
        self, revision: str, paths: Sequence[Path], options: Sequence[str], config: Path | None
    ) -> None:
        """``options`` are those of ``idem-lint inventory`` that choose files and domains, besides ``config``: the file as it
        is now counts, so that only the code makes a difference.

        Raises UsageError where git has no answer, or where the code of then cannot be listed.
        """
        self._top, self.base = merge_base(revision, Path.cwd())
        self._paths = [os.path.relpath(os.path.abspath(path), self._top) for path in paths]
        self._options = options
        self._config = config
        here = os.path.relpath(Path.cwd(), self._top)
        with tempfile.TemporaryDirectory(prefix="idem-lint-") as folder:
            self._check_out(Path(folder))
            self.rows = self._listed(Path(folder) / here, Path(folder))

    def _check_out(self, folder: Path) -> None:
        """The files of the commit, without touching the index or the list of work trees."""
        environment = {**git_environment(), "GIT_INDEX_FILE": str(folder / ".index")}
        for command in (
            ["read-tree", self.base],
            ["checkout-index", "--all", f"--prefix={folder}{os.sep}"],
            ["init", "--quiet", str(folder)],  # so that it is a repository, and nothing above it counts
        ):
            done = subprocess.run(
                ["git", *command], cwd=self._top, env=environment, capture_output=True, check=False
            )
            if done.returncode != 0:
                raise UsageError(f"--since: git {command[0]}: {os.fsdecode(done.stderr).strip()}")

    def _listed(self, here: Path, top: Path) -> list[Locked]:
        paths = [path for name in self._paths if (path := top / name).exists()]
        if not paths or not here.is_dir():
            return []
        options = [*self._options, *self._with_config(top)]
        command = ["inventory", "--format", "json", "--no-cache", *options, *map(str, paths)]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "idem_lint", *command], cwd=here, capture_output=True, check=False
        )
        if done.returncode != 0:
            told = done.stderr.decode(errors="replace").strip()
            raise UsageError(f"--since: the code at {self.base[:12]} cannot be listed: {told}")
        document: dict[str, Any] = json.loads(done.stdout)
        return [_row(row) for row in (*document["handlers"], *document["entry_points"]) if _counts(row)]

    def _with_config(self, top: Path) -> list[str]:
        """The option for the configuration; of the repository, it stands beside the code of then, where its globs begin."""
        if self._config is None:
            return []
        path = Path(os.path.abspath(self._config))
        if not path.is_relative_to(self._top):
            return [f"--config={path}"]
        copy = top / path.relative_to(self._top)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        return [f"--config={copy}"]


def rows_of(inventory: Inventory) -> list[Locked]:
    """The present in the same form: handlers of POST, and whatever else moves money."""
    found: Iterable[Handler | EntryPoint] = (*inventory.handlers, *inventory.entry_points)
    return [row for row in map(_present, found) if row is not None]


def _present(entry: Handler | EntryPoint) -> Locked | None:
    moves = entry.money is not None and bool(entry.money.found)
    if isinstance(entry, EntryPoint) and not moves:
        return None
    routes = entry.routes if isinstance(entry, Handler) else (entry.route,) if entry.route else ()
    return Locked(entry.place.file, entry.qualname, tuple(sorted(routes)), entry.domain, entry.mark, moves)


def _counts(row: dict[str, Any]) -> bool:
    return "evidence" in row or bool(row["writes"])


def _row(row: dict[str, Any]) -> Locked:
    routes = row.get("routes", [row["route"]] if row["route"] else [])
    moves = any(write["kind"] != "signs" for write in row["writes"])
    return Locked(row["file"], row["qualname"], tuple(sorted(routes)), row["domain"], row["mark"], moves)
