"""Creates the environments of tests/lint/environments.toml: frameworks that cannot be installed beside the others.

Run by the Python of the first environment. Each gets this project and coverage, so that product code that runs there counts.
An environment whose requirements have not changed is left alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "tests" / "lint" / "environments.toml"
COVERED = (
    "import os, sys; 'COVERAGE_PROCESS_CONFIG' in os.environ and __import__('coverage').process_startup()\n"
)


def main() -> None:
    beside = Path(sys.executable).parent  # the first environment may have brought uv
    os.environ["PATH"] += f"{os.pathsep}{beside}"
    for name, environment in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        create(name, [*environment["packages"], f"coverage=={version('coverage')}"])


def create(name: str, packages: list[str]) -> None:
    folder = ROOT / f".venv-{name}"
    stamp = folder / "installed"
    wanted = hashlib.sha256(repr((sys.version, packages)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"{name}: {' '.join(packages)}", flush=True)  # noqa: T201 (progress of a command)
    shutil.rmtree(folder, ignore_errors=True)  # it may be another interpreter's
    environment = ROOT / ".ci" / "environment"
    subprocess.run([environment, folder, sys.executable, *packages], check=True)
    subprocess.run([environment, folder, sys.executable, "--no-deps", "--editable", ROOT], check=True)
    (site_packages(folder) / "coverage_of_subprocesses.pth").write_text(COVERED, encoding="utf-8")
    stamp.write_text(wanted, encoding="utf-8")


def site_packages(folder: Path) -> Path:
    question = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run(
        [folder / "bin" / "python", "-c", question], check=True, capture_output=True, text=True
    )
    return Path(answer.stdout.strip())


if __name__ == "__main__":
    main()
