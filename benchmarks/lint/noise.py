"""How much the linter cannot decide: handlers and IDM006 of the packages that are installed and build on a web framework.

``python -m benchmarks.lint.noise [--packages FOLDER] [NAME …]``. Each package is copied into a project of its own, with every
module in scope. Undecided are the registrations that would be IDM006; the aim is at most 2 for each 100 handlers.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple

from idem_lint.frameworks.registry import registry

_NAME = re.compile(r"[\w.-]+")
_SECONDS = 120
"""How long one package may take on a busy machine; one that takes longer is named."""


class Row(NamedTuple):
    package: str
    handlers: int
    undecided: int
    unparsed: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Count handlers and undecided registrations in installed packages."
    )
    parser.add_argument(
        "--packages", type=Path, default=Path(sysconfig.get_path("purelib")), metavar="FOLDER"
    )
    parser.add_argument("names", nargs="*", help="import names (default: what requires a web framework)")
    options = parser.parse_args()
    names = options.names or sorted(building_on_frameworks(options.packages))
    missing = [name for name in names if not (options.packages / name).is_dir()]
    if missing:
        parser.error(f"no folder in {options.packages}: {', '.join(missing)}")
    rows: list[Row] = []
    print(f"{'package':32} {'handlers':>8} {'undecided':>9} {'unparsed':>8}")
    for name in names:
        row = counted(options.packages / name)
        if row is not None and (row.handlers or row.undecided or options.names):
            rows.append(row)
            print(f"{row.package:32} {row.handlers:8} {row.undecided:9} {row.unparsed:8}", flush=True)
    handlers, undecided = sum(row.handlers for row in rows), sum(row.undecided for row in rows)
    each = 1000 * undecided / handlers if handlers else 0
    print(
        f"{len(rows)} packages: {handlers} handlers, {undecided} undecided: {each:.0f} for each 1,000 handlers"
    )


def building_on_frameworks(folder: Path) -> set[str]:
    """The import names of the distributions in a folder that require what the linter knows as a framework."""
    known = {name.partition(".")[0].replace("-", "_").casefold() for name in registry().packages}
    found: set[str] = set()
    for distribution in distributions(path=[str(folder)]):
        required = {_normal(text) for text in distribution.requires or ()}
        if required & known:
            found.update(_import_names(distribution))
    return {name for name in found if (folder / name / "__init__.py").exists()}


def _normal(requirement: str) -> str:
    match = _NAME.match(requirement)
    return match[0].replace("-", "_").casefold() if match is not None else ""


def _import_names(distribution: Distribution) -> set[str]:
    return {
        file.parts[0] for file in distribution.files or () if len(file.parts) > 1 and file.suffix == ".py"
    }


def counted(package: Path) -> Row | None:
    """What there is in a package; None (and a line that says so) where the linter took too long."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pyproject.toml").touch()
        shutil.copytree(
            package, project / package.name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
        command = [
            sys.executable,
            "-m",
            "idem_lint",
            "inventory",
            "--all-domains",
            "--no-cache",
            "--format",
            "json",
            ".",
        ]
        try:
            done = subprocess.run(
                command, cwd=project, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"{package.name:32} took more than {_SECONDS} s")
            return None
    if done.returncode != 0:
        print(f"{package.name:32} failed: {done.stderr.strip()[-300:]}")
        return None
    report = json.loads(done.stdout)
    return Row(package.name, len(report["handlers"]), len(report["undecided"]), len(report["unparsed"]))


if __name__ == "__main__":
    main()
